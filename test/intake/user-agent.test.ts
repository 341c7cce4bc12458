import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { readUserAgent } from '../../src/intake/user-agent.ts';

const WIN = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)';
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const IPAD = 'Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const PIXEL = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)';
const WEBVIEW =
  'Mozilla/5.0 (Linux; Android 15; Pixel 9 Build/AP4A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0';
const KIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

// biome-ignore format: a table
test.each([
  [`${WIN} ${KIT} Chrome/138.0.0.0 Safari/537.36`, 'Chrome 138', 'Windows', 'desktop'],
  [`${WIN} ${KIT} Chrome/138.0.0.0 Safari/537.36 Edg/138.0.3351.65`, 'Edge 138', 'Windows', 'desktop'],
  [`${WIN} ${KIT} Chrome/137.0.0.0 Safari/537.36 OPR/121.0.0.0`, 'Opera 121', 'Windows', 'desktop'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox 140', 'Windows', 'desktop'],
  ['Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko', 'Internet Explorer 11', 'Windows', 'desktop'],
  [`${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15`, 'Safari 18', 'macOS', 'desktop'],
  [`${MAC} ${KIT} Chrome/138.0.0.0 Safari/537.36`, 'Chrome 138', 'macOS', 'desktop'],
  ['Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox 140', 'Linux', 'desktop'],
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${KIT} Chrome/138.0.0.0 Safari/537.36`, 'Chrome 138', 'ChromeOS', 'desktop'],
  [`${IPHONE} Version/18.5 Mobile/15E148 Safari/604.1`, 'Safari 18', 'iOS', 'mobile'],
  [`${IPHONE} CriOS/138.0.7204.119 Mobile/15E148 Safari/604.1`, 'Chrome 138', 'iOS', 'mobile'],
  [`${IPHONE} FxiOS/140.0 Mobile/15E148 Safari/605.1.15`, 'Firefox 140', 'iOS', 'mobile'],
  [`${IPHONE} Version/18.0 EdgiOS/138.0.3351.65 Mobile/15E148 Safari/604.1`, 'Edge 138', 'iOS', 'mobile'],
  [`${IPHONE} GSA/376.0.780 Mobile/15E148 Safari/604.1`, 'Google App 376', 'iOS', 'mobile'],
  [`${IPAD} Version/18.5 Mobile/15E148 Safari/604.1`, 'Safari 18', 'iPadOS', 'tablet'],
  [`${PIXEL} Chrome/138.0.0.0 Mobile Safari/537.36`, 'Chrome 138', 'Android', 'mobile'],
  [`${PIXEL} Chrome/138.0.0.0 Safari/537.36`, 'Chrome 138', 'Android', 'tablet'],
  [`${PIXEL} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`, 'Samsung Internet 28', 'Android', 'mobile'],
  [`${PIXEL} Chrome/138.0.0.0 Mobile Safari/537.36 EdgA/138.0.0.0`, 'Edge 138', 'Android', 'mobile'],
  ['Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0', 'Firefox 140', 'Android', 'mobile'],
  ['Mozilla/5.0 (Android 15; Tablet; rv:140.0) Gecko/140.0 Firefox/140.0', 'Firefox 140', 'Android', 'tablet'],
  [`${WEBVIEW} Chrome/138.0.0.0 Mobile Safari/537.36`, 'Android WebView 138', 'Android', 'mobile'],
  [`${WEBVIEW} Chrome/138.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/520.0.0.39.99;]`, 'Facebook 520', 'Android', 'mobile'],
  [`${WEBVIEW} Chrome/138.0.0.0 Mobile Safari/537.36 Instagram 388.0.0.29.72 Android (35/15; 420dpi)`, 'Instagram 388', 'Android', 'mobile'],
  [`${IPHONE} Mobile/15E148 Instagram 388.0.0.35.76 (iPhone16,2; iOS 18_5; en_US)`, 'Instagram 388', 'iOS', 'mobile'],
  [`${IPHONE} Mobile/22F76 [FBAN/FBIOS;FBAV/520.0.0.38.101;FBBV/1;FBDV/iPhone16,2]`, 'Facebook 520', 'iOS', 'mobile'],
  [`${IPHONE} Mobile/15E148 [LinkedInApp]/9.31.3306`, 'LinkedIn', 'iOS', 'mobile'],
  [`${IPHONE} Mobile/22F76 musical_ly_40.4.0 JsSdk/2.0 BytedanceWebview/d8a21c6`, 'TikTok 40', 'iOS', 'mobile'],
  ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', null, null, 'other'],
  [`${MAC} ${KIT} HeadlessChrome/138.0.0.0 Safari/537.36`, 'Chrome 138', 'macOS', 'other'],
  ['facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)', null, null, 'other'],
  ['curl/8.14.1', null, null, 'other'],
  ['python-requests/2.32.4', null, null, 'other'],
  ['Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0/6.0 TV Safari/537.36', null, null, 'other'],
  ['something', null, null, 'other'],
  ['', null, null, null],
  ['  ', null, null, null],
])('%s', (agent, browser, os, device_type) => {
  expect(readUserAgent(agent)).toEqual({ browser, os, device_type } as never);
});

test('never throws; the same text gives the same answer, also past the size of the cache', () => {
  const first = readUserAgent(`${WIN} ${KIT} Chrome/138.0.0.0 Safari/537.36`);
  fc.assert(fc.property(fc.string(), (text) => expect(readUserAgent(text)).toEqual(readUserAgent(text))));
  for (let i = 0; i < 3_000; i++) readUserAgent(`made up ${i}`);
  expect(readUserAgent(`${WIN} ${KIT} Chrome/138.0.0.0 Safari/537.36`)).toEqual(first);
});

test('a megabyte is looked at no further than its beginning', () => {
  const long = `${WIN} ${KIT} Chrome/138.0.0.0 Safari/537.36 ${'Version/1 '.repeat(100_000)}`;
  expect(readUserAgent(long).browser).toBe('Chrome 138');
});
