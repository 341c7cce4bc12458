import type { Fields } from '../../../src/contract/submission.ts';

/** Leads as people send them: none of them may ever be taken for spam, at any level. */
export const GOOD: readonly Fields[] = [
  // English: short, long, with a link, with codes, addresses, phone numbers.
  { name: 'Jo', email: 'jo@example.com' },
  { Name: 'Ng', Phone: '+1 555 010 0199' },
  { email: 'alice@example.com' },
  { name: 'Alice Example', message: 'Call me.' },
  { name: 'Alice Example', message: 'ok' },
  { name: 'Bob', message: 'Hi, do you deliver to Springfield? Order 4711-XK, thanks' },
  {
    name: 'Alice',
    message: 'We would like an offer for 200 pieces like https://example.com/products/blue-chair, please.',
  },
  {
    name: 'Alice',
    website: 'https://example.com',
    message: 'Please look at our site and tell us what a new one costs.',
  },
  { name: 'Alice', company: 'Booking.com B.V.', message: 'Invoice 2026-11-0042 is wrong by 20.00' },
  { name: 'Dr. Schwartz-Krzysztofik', message: 'Appointment on 3/12 at 10?' },
  { name: 'ANNA SMITH', message: 'PLEASE CALL ME BACK ASAP!!! MY HEATING IS BROKEN' },
  { name: 'MacDonald', company: 'JavaScriptPros', message: 'Looking for TypeScript and PostgreSQL people.' },
  { promo_code: 'XkJdRtPqWzLm', email: 'alice@example.com' },
  { sessionId: 'hTgBnVcXzSdF', visitor_id: 'QwErTyUiOpAs', name: 'Sam' },
  { vin: 'WVWZZZ1JZXW000001', message: 'Brake pads for my car' },
  { tracking: '1Z999AA10123456784', message: 'Where is my parcel?' },
  { iban_hint: 'ends with 42', message: 'refund please' },
  {
    billing_address: '12 High Street, Flat 4, Springfield, Some County, SP1 2AB, United Kingdom',
    shipping_address: '12 High Street, Flat 4, Springfield, Some County, SP1 2AB, United Kingdom',
  },
  { message: 'x < y and y > z: does your calculator check that? [see page 4]', name: 'Max' },
  { message: 'I saw your pricing.\nThree questions:\n1. VAT?\n2. SLA?\n3. EU hosting?', name: 'Priya' },
  {
    name: 'Alice',
    message:
      'Compare https://example.com/a and https://example.com/b: which of the two do you recommend for a small kitchen of four by three metres?',
  },
  {
    consent:
      'I agree that my data is stored and used to answer my request, see the privacy policy at https://example.com/privacy',
    name: 'Li',
  },
  { name: 'Test', message: 'test' },
  { linkedin: 'https://www.linkedin.com/in/alice-example', name: 'Alice', role: 'CTO' },
  { field_1: 'Alice', field_2: 'alice@example.com', field_3: 'Yes', field_4: '10-50' },
  { name: 'Alice', message: 'hahaha that video was great, can we book you for 5 June?' },
  { 'First name': 'Xzqwty', 'Last name': 'Nguyen', message: 'hello' },
  { budget: '5,000 – 10,000', timeline: 'ASAP', services: ['SEO', 'PPC', 'Branding'] },
  // German
  {
    Name: 'Jörg Weiß',
    Nachricht: 'Ich habe ein Problem mit der Rechtsschutzversicherung und Angstschweiß wegen der Frist.',
  },
  { Name: 'Frau Müller-Lüdenscheidt', Nachricht: 'Bitte um Rückruf unter 0711 / 123 456.' },
  { name: 'Borschtsch GmbH', nachricht: 'Donaudampfschifffahrtsgesellschaftskapitän gesucht' },
  { Anfrage: 'Kostet das 3.000 € inkl. MwSt.? Siehe www.example.com/angebot', Name: 'Max' },
  // French
  {
    nom: 'Lefèvre',
    prénom: 'Zoé',
    message: "Bonjour, j'aimerais un devis pour la rénovation de ma salle de bain à Besançon. Merci d'avance.",
  },
  { nom: "N'Guyen", message: 'Ok pour mardi' },
  // Spanish, Portuguese
  { nombre: 'Íñigo', mensaje: '¿Cuánto cuesta el envío a México? Mi código postal es 06700.' },
  { nome: 'João', mensagem: 'Gostaria de saber o preço para 50 unidades, por favor.' },
  // Polish, Czech, Croatian: many consonants
  { imię: 'Grzegorz Brzęczyszczykiewicz', wiadomość: 'Chrząszczyżewoszyce, powiat Łękołody. Proszę o kontakt.' },
  { name: 'Grzegorz Brzeczyszczykiewicz', message: 'Prosze o oferte' },
  { jméno: 'Strč', zpráva: 'Strč prst skrz krk. Čtvrthrst zmrzlin, prosím.' },
  { name: 'Hrvoje Grgur', poruka: 'Trg bana Jelačića 3, Zagreb' },
  // Welsh, Dutch, Finnish, Turkish, Vietnamese
  { name: 'Llywelyn', message: 'Cwm Rhydyfelin, Llanfairpwllgwyngyll. Diolch!' },
  { naam: 'Van der Schrijver', bericht: 'Slechtstschrijvend Nederlands, maar ik wil graag een afspraak.' },
  { nimi: 'Päivi', viesti: 'Lentokonesuihkuturbiinimoottori rikki, apua!' },
  { isim: 'Çağlar', mesaj: 'Fiyat listesini gönderir misiniz?' },
  { name: 'Nguyễn Thị Ánh', message: 'Cho tôi hỏi giá sản phẩm này ạ. Cảm ơn!' },
  // Russian, Ukrainian, Greek, with Latin words beside
  { имя: 'Сергей', сообщение: 'Нужен сайт на WordPress, бюджет 100 000 ₽. Звоните после 18:00.' },
  { имя: 'Анна', сообщение: 'ok' },
  { name: 'Олена', message: 'Чи є доставка до Києва? Wi-Fi роутер TP-Link.' },
  { name: 'Νίκος', message: 'Καλησπέρα, θα ήθελα μια προσφορά για 10 άτομα.' },
  // Arabic, Hebrew, Persian
  { الاسم: 'محمد', رسالة: 'السلام عليكم، أريد معرفة السعر من فضلكم' },
  { name: 'יעל', message: 'שלום, אפשר לקבל הצעת מחיר?' },
  { name: 'سارا', message: 'سلام، لطفا با من تماس بگیرید' },
  // Chinese, Japanese, Korean, Thai, Hindi
  { 姓名: '王伟', 留言: '请问价格是多少？我们需要一百件。' },
  { お名前: '山田 太郎', お問い合わせ: '見積もりをお願いします。納期はいつですか。' },
  { 이름: '김민준', 문의: '견적 부탁드립니다.' },
  { name: 'สมชาย', message: 'สอบถามราคาครับ' },
  { name: 'प्रिया', message: 'कृपया मुझे कीमत बताएं' },
  // Emoji, blanks, other values
  { message: '👍👍👍', name: '🙂' },
  { name: 'Alice', amount: 12, agreed: true, nothing: null },
  { message: '   ', name: 'Alice' },
];

/** Spam as it comes: what the rules find by the texts alone. */
export const SPAM: readonly Fields[] = [
  { name: 'Robertpag', message: 'Best casino <a href="https://spam.example/win">win here</a>' },
  { name: 'x', message: '[url=https://spam.example]cheap pills[/url]' },
  { name: 'x', message: 'cheap [link=https://spam.example]watches[/link]' },
  { message: '<script>alert(1)</script>' },
  { message: '<img src=x onerror=alert(1)>', name: 'a' },
  { comment: 'click javascript:alert(document.cookie)' },
  { name: 'Win 5000$ https://spam.example/5000', message: 'hello' },
  { 'first-name': 'www.spam.example', email: 'a@example.com' },
  { message: 'https://bit.ly/3xSpam' },
  { message: 'Look: https://tinyurl.com/abc', name: 'Ann' },
  { message: 'http://a.example http://b.example http://c.example http://d.example http://e.example http://f.example' },
  { message: 'buy http://a.example/1 sell http://a.example/2 rent http://a.example/3 https://cutt.ly/x', name: 'Deal' },
  { name: 'hUqkzJdWfTQoPnB', message: 'RvLxTqPwZsKdMnBt' },
  { Name: 'xQvBnTLkWpRzYd', Company: 'mKjHgFdSaPoIuYtR', Message: 'LzXcVbNmQwErTyUi' },
  { name: 'sdfghjkl', message: 'asdfasdf qwertyui' },
  { name: 'wrtpsdfg', company: 'zxcvbnmq', message: 'dfghjklm' },
  {
    name: 'We offer guest posts on 5000 sites with high authority, write us today for a price list',
    subject: 'We offer guest posts on 5000 sites with high authority, write us today for a price list',
    message: 'We offer guest posts on 5000 sites with high authority, write us today for a price list',
  },
  { message: '<iframe src="https://spam.example"></iframe>' },
  { name: 'JamesBus', message: 'https://spam.example/a https://is.gd/b' },
  {
    message:
      'Make money http://spam.example/1 http://spam.example/2 http://spam.example/3 http://spam.example/4 http://spam.example/5 http://spam.example/6 now',
  },
  // Found at the strict level alone.
  { name: 'Ann', message: 'https://spam.example/offer' },
  {
    name: 'Ann',
    message: 'See https://rb.gy/abc for a great offer that will change how your company works for ever and ever.',
  },
  { name: 'Ann', message: 'http://a.example http://b.example http://c.example are great pages' },
  { name: 'hUqkzJdWfTQoPnB', message: 'hello' },
  // Not found: nothing in the words of one lead tells it from a good one.
  { name: 'Eric', message: 'Hi, I noticed your site is not ranking well. We can fix it. Reply to this mail.' },
  { name: 'Maria', message: 'Do you need a loan? Contact us at loans@example.com' },
];
