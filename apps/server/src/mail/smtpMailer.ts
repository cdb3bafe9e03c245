import type { FastifyBaseLogger } from 'fastify'
import { createTransport } from 'nodemailer'
import { limits } from '../limits/limits.ts'
import type { Mail, Mailer } from './mailer.ts'

/** The maximum time to wait for unsent emails when the server stops. */
const stopMs = 5_000

interface SmtpSettings {
  /** `smtp://user:password@host:port`, or `smtps://…` for TLS from the start. */
  smtpUrl: string
  /** The sender: an address, or `Name <address>`. */
  from: string
}

/** An error from nodemailer. */
interface SmtpError extends Error {
  /** The mail server's response, or undefined if there was none. */
  response?: string
  /** The SMTP command that failed. */
  command?: string
}

export function createSmtpMailer({ smtpUrl, from }: SmtpSettings, log: FastifyBaseLogger): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: 2,
    // Without `requireTLS`, an attacker on the network could hide that the mail server offers TLS and then read
    // the password. `?requireTLS=false` in the URL overrides this setting.
    requireTLS: new URL(smtpUrl).username !== '',
    // With nodemailer's default timeouts, a mail server that doesn't respond would block the queue for
    // minutes.
    dnsTimeout: 10_000,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const sending = new Set<Promise<unknown>>()

  async function deliver({ to, subject, before, link, after, messageId }: Mail) {
    if (sending.size >= limits.waitingMails)
      throw new Error('Too many emails are waiting for the mail server')
    const sent = transport.sendMail({
      from,
      // Pass an object, because nodemailer parses a string as a list of addresses.
      to: { name: '', address: to },
      subject,
      text: [before, link, after].join('\n\n'),
      ...(messageId === undefined ? {} : { messageId }),
    })
    sending.add(sent)
    try {
      await sent
    } catch (error) {
      throw new Error(reasonOf(error))
    } finally {
      sending.delete(sent)
    }
  }

  return {
    deliver,
    send(mail) {
      deliver(mail).catch((error: unknown) =>
        log.error({ reason: reasonOf(error) }, 'An email could not be sent'),
      )
    },
    async [Symbol.asyncDispose]() {
      let timer: NodeJS.Timeout | undefined
      const timeout = new Promise((resolve) => {
        timer = setTimeout(resolve, stopMs)
      })
      await Promise.race([Promise.allSettled(sending), timeout])
      clearTimeout(timer)
      transport.close()
    },
  }
}

/**
 * Returns the reason that an email could not be sent. Leaves out the text of the mail server's response,
 * which often contains the recipient's address.
 */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { response, command } = error as SmtpError
  if (response === undefined) return error.message
  const code = /^\d{3}([ -]\d\.\d{1,3}\.\d{1,3})?/.exec(response)?.[0] ?? 'an invalid code'
  return `The mail server responded to ${command} with ${code}`
}
