import type { FieldKind } from './rule.ts';

/** What a visitor writes in his own words, as forms of many languages call it. */
const MESSAGE = new RegExp(
  [
    'message|msg|comment|inquiry|enquiry|question|details|description|remark|feedback|your-?text|^text$|^body$|^notes?$',
    'nachricht|mitteilung|anfrage|frage|beschreibung|bemerkung|kommentar|anliegen',
    'commentaire|demande|mensaje|consulta|comentario|mensagem|messaggio|richiesta|bericht|opmerking|vraag',
    'wiadomo|pytanie|zpráva|zprava|správa|poruka|üzenet|mesaj|meddelande|besked|melding|viesti|pesan',
    'сообщени|комментари|вопрос|повідомленн|запитання|съобщение|μήνυμα|ερώτηση',
    'رسالة|الرسالة|پیام|הודעה|संदेश|ข้อความ|メッセージ|お問い合わせ|内容|留言|消息|訊息|메시지|문의|tin nhắn',
  ].join('|'),
  'i',
);
/** What nobody types: ids, codes, addresses of pages, boxes to tick. */
const OPAQUE = new RegExp(
  [
    '(?:^|[^a-z])(?:id|ref|key|sku|vin|uid|gid|tag|utm\\w*|gclid|fbclid|msclkid)(?:$|[^a-z])',
    'code|token|hash|session|nonce|captcha|click_?id|[a-z]Id$|voucher|coupon|promo|serial|reference|order|user_?name|nick|handle',
    'consent|privacy|terms|agree|gdpr|dsgvo|datenschutz|einwilligung|accept|newsletter|opt-?in|rgpd|confidentialit|privacidad',
  ].join('|'),
  'i',
);
const ADDRESS =
  /address|adresse|anschrift|street|stra(?:ß|ss)e|billing|shipping|delivery|direcci|endere|indirizzo|адрес|住所|地址|주소/i;
const NAME =
  /^(?:your[-_ ]?|full[-_ ]?|first[-_ ]?|last[-_ ]?|sur|fore|given[-_ ]?|family[-_ ]?)?name$|^(?:vor|nach)name$|^pr[ée]nom$|^nom$|^nombre$|^apellidos?$|^nome$|^cognome$|^имя$|^фамилия$|^お?名前$|^氏名$|^姓名$|^이름$|^성함$|^الاسم$|^שם$|^imi[ęe]$|^naam$/i;

const known = new Map<string, FieldKind>();
const MAX_KNOWN = 2_000;

/** By its name; a form sends the same ones again and again, so they are remembered. Bounded. */
export function fieldKind(name: string): FieldKind {
  let kind = known.get(name);
  if (kind === undefined) {
    kind = judge(name);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(name, kind);
  }
  return kind;
}

function judge(name: string): FieldKind {
  if (NAME.test(name)) return 'name';
  if (OPAQUE.test(name)) return 'opaque';
  if (ADDRESS.test(name)) return 'address';
  return MESSAGE.test(name) ? 'message' : 'other';
}
