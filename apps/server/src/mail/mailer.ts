/** An email with one link. */
export interface Mail {
  /** The address of the only recipient. */
  to: string
  subject: string
  /** The text above the link. */
  before: string
  link: string
  /** The text below the link. */
  after: string
}

/** Sends emails to users. Disposing a mailer waits briefly for emails that are being sent. */
export interface Mailer extends AsyncDisposable {
  /**
   * Sends the email in the background, so that the duration of a request reveals nothing about a user. A
   * failure is only logged.
   */
  send(mail: Mail): void
}
