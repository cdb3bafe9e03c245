import { createHash } from 'node:crypto'
import type { Alert, CustomerAlert } from '@metered/billing'
import type { FastifyBaseLogger } from 'fastify'
import type { UserDirectory } from '../account/userDirectory.ts'
import { limits } from '../limits/limits.ts'
import type { AppBilling } from '../trpc.ts'
import { alertMail } from './alertMails.ts'
import type { Mailer } from './mailer.ts'
import type { Meter } from './unitNames.ts'

interface AlertMailerParts {
  mailer: Pick<Mailer, 'deliver'>
  users: Pick<UserDirectory, 'recipient'>
  publicUrl: string
  log: Pick<FastifyBaseLogger, 'warn'>
}

const dayMs = 86_400_000
const mostListed = 100

/**
 * Returns a function that emails an alert to its customer. Sends nothing if the account no longer exists, if the
 * customer has already reached a higher threshold of the same limit, or if the customer had too many alerts in the last
 * 24 hours. Rejects if the email can't be sent, so that billing calls the function again later.
 *
 * A customer can receive an email twice: if the process dies after the mail server has accepted the email, billing calls
 * the function again with the same alert. Both emails have the same Message-ID, so many mail programs show only one.
 */
export const createAlertMailer =
  ({ mailer, users, publicUrl, log }: AlertMailerParts) =>
  async (alert: CustomerAlert<Meter>, billing: Pick<AppBilling, 'alerts' | 'balances'>): Promise<void> => {
    const user = await users.recipient(alert.customer)
    if (user === null) return
    const alerts = await billing.alerts.list(user, { limit: mostListed })
    if (alerts.some((other) => hasSameLimit(other, alert) && other.threshold > alert.threshold)) return
    // Limit the emails, because changing limits can raise any number of alerts, and the address may belong to
    // another person.
    if (!isAmongFirst(alert, alerts)) {
      log.warn(
        { customer: user.id },
        'An alert was not sent by email, because the customer had too many alerts',
      )
      return
    }
    const mail = alertMail({
      alert,
      to: user.email,
      // A spammer can sign up with another person's address and use an advertisement as the name.
      name: user.emailVerified ? user.name : null,
      publicUrl,
      balances: await billing.balances(user),
    })
    await mailer.deliver({ ...mail, messageId: messageIdOf(alert, publicUrl) })
  }

const hasSameLimit = (other: Alert<Meter>, { meter, limit, resetsAt, budget }: Alert<Meter>) =>
  other.meter === meter &&
  other.limit === limit &&
  other.resetsAt === resetsAt &&
  other.budget?.id === budget?.id

/**
 * Returns whether the customer had at most `limits.mailedAlertsPerDay` alerts in the 24 hours up to this alert. A retry
 * gets the same result.
 */
function isAmongFirst({ id, at }: Alert<Meter>, alerts: Alert<Meter>[]): boolean {
  const upToNow = alerts.filter((other) => other.at <= at && other.at > at - dayMs)
  return upToNow[0]?.id === id && upToNow.length <= limits.mailedAlertsPerDay
}

function messageIdOf({ customer, id }: CustomerAlert<Meter>, publicUrl: string): string {
  // An alert's ID can contain characters that a Message-ID can't.
  const hash = createHash('sha256')
    .update(JSON.stringify([customer, id]))
    .digest('hex')
    .slice(0, 32)
  return `<alert-${hash}@${new URL(publicUrl).hostname}>`
}
