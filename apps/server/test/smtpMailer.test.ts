import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { expect, test } from 'vitest'
import { createLog } from '../src/log.ts'
import { createSmtpMailer } from '../src/mail/smtpMailer.ts'

const to = 'ada.lovelace@example.com'
const refusal = new Error(`5.1.1 <${to}>: no mailbox of ada.lovelace`)
const refusals = {
  'RCPT TO': {
    onRcptTo: (_address: unknown, _session: unknown, done: (error: Error) => void) => done(refusal),
  },
  'MAIL FROM': {
    onMailFrom: (_address: unknown, _session: unknown, done: (error: Error) => void) => done(refusal),
  },
}

test.each(Object.entries(refusals))(
  'logs no recipient when the mail server refuses %s',
  async (command, refuse) => {
    const smtp = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'], ...refuse })
    smtp.listen(0, '127.0.0.1')
    await once(smtp.server, 'listening')
    const { port } = smtp.server.address() as AddressInfo
    const lines: string[] = []
    const log = await createLog({ production: true, stream: { write: (line) => lines.push(line) } })
    const mailer = createSmtpMailer(
      { smtpUrl: `smtp://127.0.0.1:${port}`, from: 'Studio <no-reply@example.com>' },
      log,
    )
    mailer.send({ to, subject: 'Hello', before: 'Open', link: 'https://example.com', after: 'Bye' })
    await expect.poll(() => lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      reason: `The mail server responded to ${command} with 550 5.1.1`,
      msg: 'An email could not be sent',
    })
    expect(lines.join()).not.toContain('lovelace')
    await mailer[Symbol.asyncDispose]()
    await new Promise<void>((resolve) => smtp.close(resolve))
  },
)
