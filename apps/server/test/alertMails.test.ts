import { once } from 'node:events'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { alertMail } from '../src/mail/alertMails.ts'
import { openDatabaseOf } from './openDatabaseOf.ts'
import { type SmtpMail, startSmtp } from './startSmtp.ts'
import { type Browser, signUp, startTestServer, type TestServer } from './testServer.ts'

let smtp: Awaited<ReturnType<typeof startSmtp>>
let server: TestServer
beforeAll(async () => {
  smtp = await startSmtp()
  server = await startTestServer({ env: { SMTP_URL: smtp.url, SIGNUP_VERIFICATION: 'off' } })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await smtp[Symbol.asyncDispose]()
})

const generate = async (browser: Browser, count: number) =>
  expect((await browser.call('studio.generate', { prompt: 'a pier', count })).status).toBe(200)

const setBudget = async (browser: Browser, budget: object) =>
  expect((await browser.call('billing.setBudget', { window: 'month', ...budget })).status).toBe(200)

/** Waits for the number of emails to this user, and returns the last one. */
async function lastMail({ user: { email } }: Browser, count: number): Promise<SmtpMail> {
  await expect.poll(() => smtp.mailsTo(email).length).toBe(count)
  const [mail] = smtp.mailsTo(email).slice(-1)
  if (!mail) throw new Error('There is no email.')
  return mail
}

const headerOf = ({ raw }: SmtpMail, name: string) =>
  new RegExp(`^${name}: (.*)$`, 'im').exec(raw)?.[1]?.trim()

test("sends an email at 80% and an email at 100% of the plan's units", async () => {
  const browser = await signUp(server)
  await generate(browser, 4)
  await generate(browser, 4)
  const first = await lastMail(browser, 1)
  expect(headerOf(first, 'Subject')).toBe("You've used 80% of your pictures")
  expect(first.text).toContain("You've used 8 of 10 pictures. Your pictures renew on ")
  expect(first.text).toContain('http://localhost:5173/usage')
  await generate(browser, 1)
  await generate(browser, 1)
  const second = await lastMail(browser, 2)
  expect(headerOf(second, 'Subject')).toBe("You've used all your pictures")
  expect(second.text).toContain("You've used 10 of 10 pictures. Your pictures renew on ")
})

test('sends one email if one call reaches several thresholds of a limit', async () => {
  const browser = await signUp(server)
  await setBudget(browser, { meter: 'generations', limit: 4, timeZone: 'Europe/Berlin' })
  await generate(browser, 4)
  const mail = await lastMail(browser, 1)
  expect(headerOf(mail, 'Subject')).toBe("You've reached your limit of 4 pictures a month")
  expect(mail.text).toContain('http://localhost:5173/billing#spend-limits')
  // A later email shows that no earlier one is still on its way.
  await setBudget(browser, { meter: 'api_calls', limit: 1, mode: 'notify' })
  expect((await browser.call('studio.lookup', { term: 'fresco' })).status).toBe(200)
  expect(headerOf(await lastMail(browser, 2), 'Subject')).toBe(
    "You've reached your limit of 1 look-up a month",
  )
})

test('includes the name only in emails to a verified address', async () => {
  const browser = await signUp(server)
  await setBudget(browser, { meter: 'generations', limit: 5 })
  await generate(browser, 4)
  expect((await lastMail(browser, 1)).text).toMatch(/^Hello,/)
  using database = openDatabaseOf(server)
  database.prepare('UPDATE user SET "emailVerified" = 1 WHERE id = ?').run(browser.user.id)
  await generate(browser, 1)
  expect((await lastMail(browser, 2)).text).toMatch(/^Hello Ada,/)
})

/** Waits until the server has recorded the deliveries of all the customer's alerts. */
async function allDelivered({ user: { id } }: Browser) {
  const due = () => {
    using database = openDatabaseOf(server)
    return database
      .prepare('SELECT count(*) AS due FROM metered_alert WHERE customer = ? AND deliver_at IS NOT NULL')
      .get(id)
  }
  await expect.poll(due).toMatchObject({ due: 0 })
}

/** Makes the alert due again, as if the process had died before it recorded the delivery. */
async function repeatAlerts(browser: Browser) {
  await allDelivered(browser)
  using database = openDatabaseOf(server)
  const { changes } = database
    .prepare('UPDATE metered_alert SET deliver_at = 1 WHERE customer = ?')
    .run(browser.user.id)
  expect(changes).toBeGreaterThan(0)
}

test('sends a repeated alert with the same Message-ID', async () => {
  const browser = await signUp(server)
  await setBudget(browser, { meter: 'generations', limit: 5 })
  await generate(browser, 4)
  const first = await lastMail(browser, 1)
  await repeatAlerts(browser)
  const second = await lastMail(browser, 2)
  expect(headerOf(first, 'Message-ID')).toMatch(/^<alert-[0-9a-f]{32}@localhost>$/)
  expect(headerOf(second, 'Message-ID')).toBe(headerOf(first, 'Message-ID'))
  await generate(browser, 1)
  expect(headerOf(await lastMail(browser, 3), 'Message-ID')).not.toBe(headerOf(first, 'Message-ID'))
})

test('sends no email if the account no longer exists', async () => {
  const [gone, other] = [await signUp(server), await signUp(server)]
  await setBudget(gone, { meter: 'generations', limit: 5 })
  await generate(gone, 4)
  await lastMail(gone, 1)
  {
    using database = openDatabaseOf(server)
    database.prepare('DELETE FROM user WHERE id = ?').run(gone.user.id)
  }
  await repeatAlerts(gone)
  await allDelivered(gone)
  await setBudget(other, { meter: 'generations', limit: 5 })
  await generate(other, 4)
  await lastMail(other, 1)
  expect(smtp.mailsTo(gone.user.email)).toHaveLength(1)
})

test('limits the number of emails to a customer who keeps changing a limit', async () => {
  const browser = await signUp(server)
  await generate(browser, 4)
  // Each new limit is reached at 80% and at 100%, and only the higher threshold sends an email.
  for (let limits = 0; limits < 12; limits++) {
    await setBudget(browser, { meter: 'generations', limit: 1 })
    await browser.call('billing.removeBudget', { id: 'month generations' })
  }
  await allDelivered(browser)
  expect(smtp.mailsTo(browser.user.email)).toHaveLength(10)
})

test('keeps an alert due and does not log the address while the mail server refuses emails', async () => {
  const refusing = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, done) => done(new Error(`4.7.1 <${address}>: try again later`)),
  })
  refusing.listen(0, '127.0.0.1')
  await once(refusing.server, 'listening')
  const address = refusing.server.address()
  if (address === null || typeof address === 'string') throw new Error('The system assigned no port.')
  const lines: string[] = []
  {
    await using failing = await startTestServer({
      env: { SMTP_URL: `smtp://127.0.0.1:${address.port}`, SIGNUP_VERIFICATION: 'off' },
      onLog: (line) => lines.push(line),
    })
    const browser = await signUp(failing)
    await generate(browser, 4)
    await generate(browser, 4)
    await expect.poll(() => lines.join()).toContain('onAlert failed and will be called again')
    expect(lines.join()).toContain('The mail server responded to RCPT TO with')
    expect(lines.join()).not.toContain(browser.user.email)
    using database = openDatabaseOf(failing)
    expect(database.prepare('SELECT deliver_at FROM metered_alert').get()).toMatchObject({
      deliver_at: expect.any(Number),
    })
  }
  await new Promise<void>((resolve) => refusing.close(resolve))
})

test('delivers alerts to the mailbox in development', async () => {
  await using development = await startTestServer()
  const browser = await signUp(development)
  await setBudget(browser, { meter: 'api_calls', limit: 1 })
  expect((await browser.call('studio.lookup', { term: 'fresco' })).status).toBe(200)
  const mailbox = async () => (await development.app.inject({ url: '/dev/mailbox' })).body
  await expect.poll(mailbox).toContain('You&#39;ve reached your limit of 1 look-up a month')
})

const grant = {
  id: 'an alert',
  customer: 'ada',
  meter: 'api_calls',
  threshold: 100,
  at: 1,
  used: 100,
  limit: 100,
  resetsAt: Date.parse('2026-12-01T14:05Z'),
  budget: null,
} as const
const budget = {
  id: 'a budget',
  scope: null,
  window: 'month',
  timeZone: 'Europe/Berlin',
  mode: 'block',
} as const
const row = {
  meter: 'api_calls',
  name: 'Look-ups',
  available: 0,
  held: 0,
  used: 100,
  limit: 100,
  adjusted: 0,
  unlimited: false,
  share: 1,
  status: 'exhausted',
  renewsAt: grant.resetsAt,
  asOf: 1,
  parked: 0,
  version: 1,
} as const
const plan = {
  name: 'Pro',
  priceSlug: 'pro_monthly',
  isFree: false,
  status: 'active',
  renewsAt: grant.resetsAt,
  cancelsAt: null,
  changesAt: null,
  features: [],
}

/** Returns an email's subject and its second paragraph. */
function wordsOf(
  alert: Parameters<typeof alertMail>[0]['alert'],
  balances: Parameters<typeof alertMail>[0]['balances'] = { plan, balances: [row] },
) {
  const { subject, before } = alertMail({
    alert,
    to: 'ada@example.com',
    name: null,
    publicUrl: 'https://studio.example',
    balances,
  })
  return [subject, before.split('\n\n')[1]]
}

test.each([
  [
    'one unit',
    { ...grant, used: 1, limit: 1 },
    undefined,
    [
      "You've used all your look-ups",
      "You've used 1 of 1 look-up. Your look-ups renew on 1 December at 14:05 UTC.",
    ],
  ],
  [
    'a plan with overage',
    grant,
    { plan, balances: [{ ...row, status: 'critical' } as const] },
    [
      "You've used all your look-ups",
      "You've used 100 of 100 look-ups. You can continue. Extra look-ups are billed as you use them. Your look-ups renew on 1 December at 14:05 UTC.",
    ],
  ],
  [
    'a plan that ends',
    grant,
    { plan: { ...plan, cancelsAt: grant.resetsAt }, balances: [row] },
    [
      "You've used all your look-ups",
      "You've used 100 of 100 look-ups. Your plan ends on 1 December at 14:05 UTC.",
    ],
  ],
  [
    "a limit in the customer's time zone",
    { ...grant, threshold: 80, used: 1_700, limit: 2_000, budget, resetsAt: Date.parse('2026-11-30T23:00Z') },
    undefined,
    [
      "You've used 85% of your limit of 2,000 look-ups a month",
      "You've used 1,700 of 2,000 look-ups. Studio stops requests that would exceed the limit, and doesn't charge for them. The limit resets on 1 December.",
    ],
  ],
  [
    'a limit that stops nothing',
    { ...grant, used: 120, budget: { ...budget, window: 'period', timeZone: null, mode: 'notify' } as const },
    undefined,
    [
      "You've reached your limit of 100 look-ups per billing period",
      "You've used 120 of 100 look-ups. Studio doesn't stop at this limit, because you chose “Only tell me”. The limit resets on 1 December at 14:05 UTC.",
    ],
  ],
  [
    'a limit of 0',
    { ...grant, used: 2, limit: 0, resetsAt: null, budget },
    undefined,
    [
      "You've reached your limit of 0 look-ups a month",
      "You've used 2 of 0 look-ups. Studio stops requests that would exceed the limit, and doesn't charge for them.",
    ],
  ],
])('describes %s', (_, alert, balances, words) => {
  expect(wordsOf(alert, balances)).toEqual(words)
})
