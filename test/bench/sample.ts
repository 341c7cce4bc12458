/** The lead that load is made of: eight fields, as a small business gets them. */
export const SAMPLE_FIELDS = {
  Email: 'alice@example.com',
  'Full name': 'Alice Example',
  Company: 'Example Ltd',
  Phone: '+44 20 7946 0000',
  Message: 'Hello, I would like to know more about your product and its prices.',
  Budget: '5000',
  Country: 'GB',
  Newsletter: 'yes',
};

/** The page it comes from. */
export const SAMPLE_PAGE = 'https://example.com/pricing?utm_source=google&utm_medium=cpc';
