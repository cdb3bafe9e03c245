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
  /** The `Message-ID` header. Repeats of an email have the same ID. Default: a new ID. */
  messageId?: string
}

/** Sends emails to users. Disposing a mailer waits a short time for emails that are being sent. */
export interface Mailer extends AsyncDisposable {
  /**
   * Sends the email in the background, so that a request's duration doesn't reveal whether an account exists.
   * Failures are only logged.
   */
  send(mail: Mail): void
  /** Sends the email. Rejects if the mail server doesn't accept it. The error doesn't contain the recipient. */
  deliver(mail: Mail): Promise<void>
}
