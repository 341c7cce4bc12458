import { localHarness } from './local-harness.ts';
import { describeTarget } from './target.suite.ts';

describeTarget('local workbook', localHarness);
