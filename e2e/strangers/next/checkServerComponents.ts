import { type AppUnderTest, draw, drawing, expect, expectDenial, expectUsage, signIn } from '../checkApp.ts'

/** Checks metered calls from a server component and from a server action. */
export async function checkServerComponents(app: AppUnderTest): Promise<void> {
  const { url, flowglad, report } = app
  const customer = { id: 'grace' }
  const context = await signIn(app, customer)
  const page = await context.newPage()

  await page.goto(`${url}/today`)
  await expect(drawing(page, 'today')).toBeVisible()
  await expectUsage(flowglad, customer, 1)
  report("charges for a server component's call")

  await draw(page, 'something forbidden')
  await expect(page.getByText('This prompt breaks our rules.')).toBeVisible()
  await draw(page, 'a cat')
  await expect(drawing(page, 'a cat')).toBeVisible()
  await expectUsage(flowglad, customer, 2)
  report("charges for a server action's call only if it succeeds")

  await draw(page, 'a boat')
  await expect(drawing(page, 'a boat')).toBeVisible()
  await draw(page, 'a tree')
  await expectDenial(page)
  await expectUsage(flowglad, customer, 3)
  report('shows a denial from a server action')
  await context.close()
}
