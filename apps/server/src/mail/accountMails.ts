import type { Mail } from './mailer.ts'

/** How long the link in an email works. */
export const linkMaxAgeSeconds = 3_600

/*
 * The emails don't contain the user's name, because anyone can sign up with another person's address and an
 * advertisement as the name.
 */

export const verificationMail = (mail: Pick<Mail, 'to' | 'link'>): Mail => ({
  ...mail,
  subject: 'Confirm your email address',
  before: 'Open this link to confirm your email address and get your free credits in Studio:',
  after: "The link works for one hour. If you didn't create an account in Studio, ignore this email.",
})

export const passwordResetMail = (mail: Pick<Mail, 'to' | 'link'>): Mail => ({
  ...mail,
  subject: 'Choose a new password',
  before: 'Open this link to choose a new password for Studio:',
  after:
    "The link works once and expires after one hour. If you didn't request it, ignore this email. Your password stays the same.",
})
