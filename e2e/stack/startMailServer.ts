import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

/** A mail server that keeps emails. */
export interface MailServer extends AsyncDisposable {
  /** The value for `SMTP_URL`. */
  url: string
  /**
   * Returns the token in the newest password reset email for this address, or undefined if there is none yet.
   */
  resetToken(address: string): string | undefined
  /** Returns the subjects of the emails to this address, oldest first. */
  subjects(address: string): string[]
}

export async function startMailServer(): Promise<MailServer> {
  const tokens = new Map<string, string>()
  const mails: { to: string; subject: string }[] = []
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, { envelope }, done) {
      text(stream).then((mail) => {
        const [, token] = /reset-password#token=(\w+)/.exec(unwrapped(mail)) ?? []
        const [, subject = ''] = /^Subject: (.*)\r$/m.exec(mail) ?? []
        for (const { address } of envelope.rcptTo) mails.push({ to: address, subject })
        if (token) for (const { address } of envelope.rcptTo) tokens.set(address, token)
        done()
      }, done)
    },
  })
  smtp.listen(0, '127.0.0.1')
  await once(smtp.server, 'listening')
  const address = smtp.server.address()
  if (address === null || typeof address === 'string') throw new Error('The system assigned no port.')
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    resetToken: (address) => tokens.get(address),
    subjects: (address) => mails.filter(({ to }) => to === address).map(({ subject }) => subject),
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => smtp.close(resolve))
    },
  }
}

/** Decodes the line breaks and equals signs of quoted-printable text. */
const unwrapped = (mail: string) => mail.replace(/=\r\n/g, '').replace(/=3D/g, '=')
