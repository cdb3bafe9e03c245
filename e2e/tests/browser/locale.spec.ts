import { expect, test } from './browserTest.ts'

test.use({ locale: 'de-DE' })

test("formats numbers and dates in the browser's language", async ({ app, customer }) => {
  await app.page.goto('/usage')
  await expect(app.usage('tokens')).toContainText('2.000')
  const { plan } = await customer.refresh()
  const day = new Intl.DateTimeFormat('de-DE', { dateStyle: 'long', timeZone: 'UTC' })
  await expect(app.usage('tokens')).toContainText(day.format(plan.renewsAt))
  await app.page.goto('/pricing')
  await expect(app.plan('pro_monthly').card).toContainText(/20\s\$/)
  await expect(app.plan('pro_monthly').card).toContainText('200.000')
})
