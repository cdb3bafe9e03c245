import type { FastifyBaseLogger } from 'fastify'
import type { Env } from '../env.ts'
import { createMailbox, type Mailbox } from './mailbox.ts'
import type { Mailer } from './mailer.ts'
import { createSmtpMailer } from './smtpMailer.ts'

/**
 * How the server sends emails. Without a mail server, the server keeps emails in a mailbox in development and
 * sends no emails in production.
 */
export type MailDelivery = { mailer: Mailer | null; mailbox: null } | { mailer: Mailbox; mailbox: Mailbox }

export function createMailer(
  { mail, production }: Pick<Env, 'mail' | 'production'>,
  { log, now }: { log: FastifyBaseLogger; now: () => number },
): MailDelivery {
  if (mail) return { mailer: createSmtpMailer(mail, log), mailbox: null }
  if (production) return { mailer: null, mailbox: null }
  const mailbox = createMailbox({ now })
  return { mailer: mailbox, mailbox }
}
