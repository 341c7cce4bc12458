/** What is said once after something was done. The address carries the code: nobody can make us say something else. */
export const NOTICES = {
  saved: 'Saved.',
  created: 'Created.',
  signed_out: 'You are signed out.',
  password_changed: 'Your password is changed. Other sessions have ended.',
  password_set: 'Your password is set. Sign in with it.',
  password_added: 'Your password is set. You can sign in with it too.',
  identity_linked: 'Linked. You can sign in with it from now on.',
  identity_unlinked: 'Unlinked. It opens nothing here any more.',
  confirmed: 'Confirmed. Please repeat.',
  sessions_ended: 'All other sessions have ended.',
  user_deleted: 'The user is deleted.',
  second_factor_on: 'Signing in now takes a code from your app.',
  second_factor_off: 'Signing in takes no code any more.',
  session_ended: 'The session has ended.',
  passkey_added: 'The passkey is added.',
  passkey_removed: 'The passkey is removed. It opens nothing here any more.',
  key_revoked: 'The key is revoked. It is refused from now on.',
  spam_marked: 'Marked as spam. It goes nowhere, and leads like it are taken for spam.',
  spam_cleared: 'Marked as not spam. It goes to the sheet, and leads like it are let through.',
  retried: 'It will be tried again now.',
  deleted: 'Deleted.',
  sent_again: 'The missing rows are being sent again.',
  earlier_sent: 'Earlier leads are being sent.',
  resumed: 'Going on.',
  column_restored: 'The column comes back at the right end, with its values.',
  signed_in_again: 'Signed in again. The sheet goes on.',
  connected_for_days:
    'Connected, but Google ends this sign-in after 7 days: in the Google Cloud console press “Publish app”, then connect once more.',
  nothing_changed: 'Nothing was changed.',
  consent_given_back: 'Nothing was changed. The access that you gave was taken back at Google.',
  account_removed: 'The account is removed from this server.',
  account_not_revoked:
    'It is removed here, but Google could not be told: take the access back at myaccount.google.com/permissions.',
  account_kept: 'The account is kept: a sheet uses it.',
  connected: 'Connected. Rows go there from now on.',
  test_sent: 'The test lead is stored. It is a row of the sheet in a few seconds.',
  invited: 'The invitation is made.',
  form_parted: 'The forms are parted. What is sent to this one stands here again.',
  form_merged: 'The forms are merged. New leads of both come here.',
  revoked: 'It works no more.',
  nothing_chosen: 'Nothing was selected.',
  columns_saved: 'The columns are saved.',
  captcha_not_reached: 'Saved, but the service did not answer: nobody knows yet whether the secret is right.',
  form_published: 'The form is published. Whoever has its address can fill it in.',
  form_closed: 'The form is closed. Its address leads nowhere until you publish it again.',
  field_added: 'The field is added. Say more about it here.',
  field_deleted: 'The field is deleted. What was sent so far is kept.',
  view_saved: 'The view is saved.',
  view_deleted: 'The view is deleted. The leads are still there.',
  bulk_started: 'It has begun. You can leave this page.',
  bulk_busy: 'Something is being done with leads already. Wait until it is over, or stop it.',
  hook_on: 'It takes calls again.',
  hook_off: 'It is switched off: calls are refused.',
  row_added: 'Added to the mapping.',
  import_removed: 'The import is given up. Leads that were taken stay.',
  none_failed: 'Nothing was sent again: only leads that failed and belong in the sheet are.',
} as const;
export type NoticeCode = keyof typeof NOTICES;

export function noticeOf(query: URLSearchParams): string | null {
  const code = query.get('notice');
  return code !== null && Object.hasOwn(NOTICES, code) ? NOTICES[code as NoticeCode] : null;
}

/** The address with the notice in it. */
export function withNotice(to: string, notice: NoticeCode | undefined): string {
  if (notice === undefined) return to;
  return `${to}${to.includes('?') ? '&' : '?'}notice=${notice}`;
}
