import { expect, test } from './browserTest.ts'

test.use({ locale: 'ar-EG', timezoneId: 'Pacific/Kiritimati' })

test("formats numbers and dates in English, in the browser's time zone, for every browser language", async ({
  app,
  customer,
}) => {
  await app.page.goto('/usage')
  await expect(app.usage('tokens')).toContainText('0 of 2,000 used')
  const { plan } = await customer.refresh()
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'Pacific/Kiritimati' })
  await expect(app.usage('tokens')).toContainText(day.format(plan.renewsAt))
  await app.page.goto('/pricing')
  await expect(app.plan('pro_monthly').card).toContainText('$20')
  await expect(app.plan('pro_monthly').card).toContainText('200,000')
})
