import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { expect, vi } from 'vitest'

export interface SmtpMail {
  from: string
  to: string[]
  /** The email as it was sent, with its headers. */
  raw: string
  text: string
}

/** Starts a mail server without TLS that stores the emails and passwords that it receives. */
export async function startSmtp() {
  const mails: SmtpMail[] = []
  const passwords: unknown[] = []
  const smtp = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth({ username, password }, _session, done) {
      passwords.push(password)
      done(null, { user: username })
    },
    onData(stream, { envelope }, done) {
      text(stream).then((raw) => {
        const { mailFrom, rcptTo } = envelope
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          raw,
          text: decoded(raw),
        })
        done()
      }, done)
    },
  })
  smtp.listen(0, '127.0.0.1')
  await once(smtp.server, 'listening')
  const { port } = smtp.server.address() as AddressInfo
  const mailsTo = (address: string) => mails.filter(({ to }) => to.includes(address))
  return {
    url: `smtp://127.0.0.1:${port}`,
    mailsTo,
    passwords,
    /** Waits until the address has received `count` emails. Returns the path of the last email's link. */
    async linkTo(address: string, count = 1): Promise<string> {
      // `expect.poll` doesn't work in hooks.
      await vi.waitFor(() => expect(mailsTo(address)).toHaveLength(count), { timeout: 30_000 })
      return pathOf(mailsTo(address).at(-1)?.text ?? '')
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => smtp.close(resolve))
    },
  }
}

/** Returns the path, query and fragment of the only link in a text. */
export function pathOf(mail: string): string {
  const links = mail.match(/https?:\/\/\S+/g) ?? []
  expect(links).toHaveLength(1)
  const { pathname, search, hash } = new URL(links[0] ?? '')
  return pathname + search + hash
}

/** Returns an email's text. */
function decoded(raw: string): string {
  const start = raw.indexOf('\r\n\r\n')
  const body = raw.slice(start).trim()
  if (!/^content-transfer-encoding: quoted-printable/im.test(raw.slice(0, start))) return body
  return body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
}
