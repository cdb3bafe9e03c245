import type { Mail, Mailer } from './mailer.ts'

/** Replaces a mail server in development. Keeps the newest emails in memory for the page at /dev/mailbox. */
export interface Mailbox extends Mailer {
  /** Returns the emails, newest first. */
  mails(): ReceivedMail[]
}

export interface ReceivedMail extends Mail {
  receivedAt: Date
}

const maxMails = 100

export function createMailbox({ now }: { now: () => number }): Mailbox {
  const mails: ReceivedMail[] = []
  function send(mail: Mail) {
    mails.unshift({ ...mail, receivedAt: new Date(now()) })
    mails.splice(maxMails)
  }
  return {
    send,
    deliver: async (mail) => send(mail),
    mails: () => mails,
    async [Symbol.asyncDispose]() {},
  }
}
