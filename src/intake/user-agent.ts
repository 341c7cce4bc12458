import type { DEVICE_TYPES } from '../contract/submission.ts';

export type DeviceType = (typeof DEVICE_TYPES)[number];

export interface Device {
  /** Name and major version, as `Firefox 140`. */
  browser: string | null;
  os: string | null;
  device_type: DeviceType | null;
}

/** No browser sends more; the rest of a longer one says nothing. */
const MAX_LENGTH = 512;
const MAX_CACHED = 1_024;
const cache = new Map<string, Device>();

/**
 * In order: what says more comes first, as nearly every browser also names Chrome and Safari. The first group is
 * the major version.
 */
const BROWSERS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Instagram', /\bInstagram (\d+)/],
  ['Facebook', /\bFBAV\/(\d+)/],
  ['Facebook', /\bFBA[NV]\b/],
  ['LinkedIn', /\bLinkedInApp(?:\/(\d+))?/],
  ['TikTok', /\b(?:musical_ly|trill|BytedanceWebview|TikTok)(?:[_/](\d+))?/i],
  ['Pinterest', /\[Pinterest\/|\bPinterest for/],
  ['Snapchat', /\bSnapchat[/ ](\d+)/],
  ['Samsung Internet', /\bSamsungBrowser\/(\d+)/],
  ['Opera', /\b(?:OPR|OPX|OPT|OPiOS|Opera Mini|Opera)\/(\d+)/],
  ['Edge', /\b(?:Edg|EdgA|EdgiOS|Edge)\/(\d+)/],
  ['Vivaldi', /\bVivaldi\/(\d+)/],
  ['Yandex', /\bYaBrowser\/(\d+)/],
  ['UC Browser', /\bUC ?Browser\/(\d+)/],
  ['DuckDuckGo', /\b(?:DuckDuckGo|Ddg)\/(\d+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/(\d+)/],
  ['Google App', /\bGSA\/(\d+)/],
  ['Android WebView', /; wv\).* Chrome\/(\d+)/],
  ['Chrome', /\b(?:Chrome|CriOS|HeadlessChrome|Chromium)\/(\d+)/],
  ['Safari', /\bVersion\/(\d+)[^ ]* (?:Mobile\/[^ ]+ )?Safari\//],
  ['Internet Explorer', /\bMSIE (\d+)|\bTrident\/.*rv:(\d+)/],
];

const BOT =
  /bot\b|bot[/;_-]|crawl|spider|slurp|headless|lighthouse|facebookexternalhit|preview|monitor|pingdom|^(?:curl|wget|python|go-http|java|okhttp|axios|node|php|ruby|postman|insomnia|libwww|apache-http|guzzle|undici|bun|deno)\b/i;

/** Browser, system and kind of device from a `User-Agent` header. Unknown parts are null. Cached, bounded. */
export function readUserAgent(text: string): Device {
  const agent = text.length > MAX_LENGTH ? text.slice(0, MAX_LENGTH) : text;
  const known = cache.get(agent);
  if (known !== undefined) return known;
  const device = agent.trim() === '' ? NOTHING : parse(agent);
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(agent, device);
  return device;
}

const NOTHING: Device = { browser: null, os: null, device_type: null };

function parse(agent: string): Device {
  const bot = BOT.test(agent);
  const os = systemOf(agent);
  return { browser: browserOf(agent), os, device_type: bot ? 'other' : deviceOf(agent, os) };
}

function browserOf(agent: string): string | null {
  for (const [name, pattern] of BROWSERS) {
    const match = pattern.exec(agent);
    if (match === null) continue;
    const version = match[1] ?? match[2];
    return version === undefined ? name : `${name} ${version}`;
  }
  return null;
}

function systemOf(agent: string): string | null {
  if (/\biPad\b/.test(agent)) return 'iPadOS';
  if (/\b(?:iPhone|iPod)\b/.test(agent)) return 'iOS';
  if (/\bWindows Phone\b/.test(agent)) return 'Windows Phone';
  if (/\bWindows\b|\bWin(?:64|32)\b/.test(agent)) return 'Windows';
  if (/\bAndroid\b/.test(agent)) return 'Android';
  if (/\bCrOS\b/.test(agent)) return 'ChromeOS';
  // An iPad that asks for desktop pages says Macintosh too; only apps in it add their Mobile/ build number.
  if (/\bMacintosh\b|\bMac OS X\b/.test(agent)) return /\bMobile\//.test(agent) ? 'iPadOS' : 'macOS';
  if (/\bLinux\b|\bX11\b/.test(agent)) return 'Linux';
  return null;
}

function deviceOf(agent: string, os: string | null): DeviceType {
  if (/\b(?:Smart-?TV|AppleTV|GoogleTV|HbbTV|BRAVIA|AFT[A-Z]+|PlayStation|Xbox|Nintendo)\b/i.test(agent))
    return 'other';
  switch (os) {
    case 'iPadOS':
      return 'tablet';
    case 'iOS':
    case 'Windows Phone':
      return 'mobile';
    case 'Android':
      // Android's own rule: a phone's browser says Mobile, a tablet's does not.
      return /\bMobile\b/.test(agent) && !/\bTablet\b/i.test(agent) ? 'mobile' : 'tablet';
    case 'Windows':
    case 'macOS':
    case 'ChromeOS':
      return 'desktop';
    case 'Linux':
      return /\bMobile\b/.test(agent) ? 'mobile' : 'desktop';
    default:
      // Firefox on Android is free to leave the system out.
      if (/\bTablet\b/.test(agent)) return 'tablet';
      return /\bMobile\b/.test(agent) ? 'mobile' : 'other';
  }
}
