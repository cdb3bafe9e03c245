// For everybody: axe finds nothing on any screen in any state, in light and in dark, and nothing is wider than a small phone.
import type { Page } from '@playwright/test'
import axe from 'axe-core'
import type { Stack } from '../../stack/stack.ts'
import { buy, type Customer, call, expect, spendApiCalls, spendGenerations, test } from '../fixtures.ts'
import { checkoutPage, studio } from './studio.ts'

declare global {
  interface Window {
    axe: typeof axe
  }
}

interface Scene {
  page: Page
  stack: Stack
  customer: Customer
}
type State = (scene: Scene) => Promise<void>

/** Answers these requests with the server's own failure, or never. */
const failing = (page: Page, url: RegExp) =>
  page.route(url, (route) => route.fulfill({ status: 500, contentType: 'application/json', body: '{}' }))
const unanswered = (page: Page, url: RegExp) => page.route(url, () => {})

const heading = (page: Page, name: string) =>
  expect(page.getByRole('heading', { level: 1, name })).toBeVisible()

/** Every state of every screen, reached as a person reaches it. */
const states: Record<string, State> = {
  'sign in': async ({ page }) => {
    await page.context().clearCookies()
    await page.goto('/sign-in')
    await heading(page, 'Sign in')
  },
  'sign up, refused': async ({ page, customer }) => {
    await page.context().clearCookies()
    await page.goto('/sign-up')
    await page.getByLabel('Name').fill('Ada')
    await page.getByLabel('Email').fill(customer.email)
    await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery')
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(page.getByRole('alert')).toBeVisible()
  },
  'no such page': async ({ page }) => {
    await page.goto('/nowhere')
    await heading(page, 'There is nothing here')
  },
  'a screen that does not arrive': async ({ page }) => {
    await page.route(/BillingScreen.*\.js/, (route) => route.fulfill({ status: 404, body: '' }))
    await page.goto('/billing')
    await heading(page, 'This screen could not be shown')
  },
  'a server that is not there': async ({ page }) => {
    await page.route(/get-session/, (route) => route.abort('connectionrefused'))
    await page.goto('/')
    await heading(page, 'Studio cannot be reached')
  },
  'Plans, signed out': async ({ page }) => {
    await page.context().clearCookies()
    await page.goto('/pricing')
    await expect(page.getByTestId('plan-pro_monthly')).toBeVisible()
  },

  'Studio, empty': async ({ page }) => {
    await page.goto('/')
    await expect(page.getByText('Bare walls, for now')).toBeVisible()
    await expect(studio(page).balance('generations')).toContainText('10 of 10 left')
  },
  'Studio, loading': async ({ page }) => {
    await unanswered(page, /\/trpc\//)
    await page.goto('/')
    await expect(page.getByRole('region', { name: 'Balances' })).toHaveAttribute('aria-busy', 'true')
  },
  'Studio, failing': async ({ page }) => {
    await failing(page, /\/trpc\//)
    await page.goto('/')
    await expect(page.getByText('Your pictures cannot be shown right now')).toBeVisible()
    await expect(studio(page).balance('generations')).toHaveText('Generationsunavailable')
  },
  'Studio, with pictures and a notice': async ({ page, stack }) => {
    await spendGenerations(page.request, stack.url, 9)
    await page.goto('/')
    await expect(studio(page).pictures).toHaveCount(9)
    await expect(studio(page).notice).toBeVisible()
  },
  'Studio, exhausted and refused': async ({ page, stack }) => {
    await spendGenerations(page.request, stack.url, 10)
    await spendApiCalls(page.request, stack.url, 95)
    await page.goto('/')
    await expect(studio(page).paywall).toBeVisible()
    await studio(page).make('one more')
    await expect(studio(page).alert).toBeVisible()
  },
  'Studio, feature refused': async ({ page }) => {
    await page.goto('/')
    await page.getByRole('switch', { name: 'HD' }).click()
    await studio(page).make('a mill')
    await expect(studio(page).alert).toContainText('HD is not part of your plan')
  },
  'Studio, a prompt refused': async ({ page }) => {
    await page.goto('/')
    await studio(page).make('a forbidden thing')
    await expect(studio(page).alert).toContainText('This prompt breaks the content policy')
  },
  'Studio, work failed': async ({ page, stack }) => {
    stack.model?.fail()
    await page.goto('/')
    await studio(page).make('a mill')
    await expect(studio(page).alert).toContainText('Something went wrong on our side')
  },
  'Studio, offline': async ({ page }) => {
    await page.goto('/')
    await expect(studio(page).balance('generations')).toContainText('10 of 10 left')
    await page.context().setOffline(true)
    await studio(page).make('a mill')
    await expect(studio(page).alert).toContainText('You are offline')
  },
  'Studio, at work': async ({ page, stack }) => {
    stack.model?.pause()
    await page.goto('/')
    await studio(page).make('a mill', 4)
    await expect(studio(page).balance('generations')).toContainText('4 held')
  },
  'Write, streaming': async ({ page, stack }) => {
    await page.goto('/')
    await studio(page).beginText('a lighthouse keeper')
    await expect.poll(() => stack.model?.writing()).toBe(1)
    stack.model?.say('The lamp is lit every evening ')
    await expect(page.getByTestId('token-count')).toContainText('5 tokens')
  },
  'Look up, answered': async ({ page }) => {
    await page.goto('/')
    const at = studio(page)
    await at.openLookUp()
    await at.term.fill('fresco')
    await at.lookUp.click()
    await expect(at.answer).toContainText('Pigment')
  },
  'the account menu': async ({ page }) => {
    await page.goto('/')
    await studio(page).openAccount()
    await expect(page.getByRole('menuitem', { name: 'Sign out' })).toBeVisible()
  },

  'Usage, empty': async ({ page }) => {
    await page.goto('/usage')
    await expect(page.getByText('No charges yet.')).toBeVisible()
    await expect(page.getByRole('figure')).toHaveCount(3)
  },
  'Usage, with charges': async ({ page, stack }) => {
    await spendGenerations(page.request, stack.url, 5)
    await spendApiCalls(page.request, stack.url, 80)
    await page.goto('/usage')
    await expect(page.getByRole('table', { name: 'Charges' }).getByRole('row')).toHaveCount(4)
    await expect(page.getByRole('figure')).toHaveCount(3)
  },
  'Usage, loading': async ({ page }) => {
    await unanswered(page, /\/trpc\//)
    await page.goto('/usage')
    await heading(page, 'Usage')
  },
  'Usage, failing': async ({ page }) => {
    await failing(page, /\/trpc\//)
    await page.goto('/usage')
    await expect(page.getByText('Your charges cannot be shown right now')).toBeVisible()
  },

  'Plans, on Free': async ({ page }) => {
    await page.goto('/pricing')
    await expect(page.getByTestId('plan-free')).toContainText('Your plan')
  },
  'Plans, loading': async ({ page }) => {
    await unanswered(page, /\/trpc\//)
    await page.goto('/pricing')
    await heading(page, 'Plans')
  },
  'Plans, failing': async ({ page }) => {
    await failing(page, /\/trpc\//)
    await page.goto('/pricing')
    await expect(page.getByText('The plans cannot be shown right now')).toBeVisible()
  },
  'Plans, a downgrade asked about': async ({ page, stack }) => {
    await buy(page.request, stack, 'scale_monthly')
    await page.goto('/pricing')
    await page.getByTestId('plan-pro_monthly').getByRole('button', { name: 'Downgrade to Pro' }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
  },
  'Plans, with a warning about pack credits': async ({ page, stack }) => {
    await buy(page.request, stack, 'generation_pack')
    await page.goto('/pricing')
    await page.getByTestId('plan-pro_monthly').getByRole('button', { name: 'Upgrade to Pro' }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
  },

  'Billing, on Free': async ({ page }) => {
    await page.goto('/billing')
    await expect(page.getByText('None yet. Each payment leaves one here.')).toBeVisible()
  },
  'Billing, cancelled': async ({ page, stack }) => {
    await buy(page.request, stack, 'pro_monthly')
    await call(page.request, stack.url, 'billing.cancel', {})
    await page.goto('/billing')
    await expect(page.getByTestId('subscription')).toContainText('Ends on')
    await expect(page.getByRole('region', { name: 'Invoices' }).getByRole('listitem')).toHaveCount(1)
  },
  'Billing, loading': async ({ page }) => {
    await unanswered(page, /\/(trpc|api\/flowglad)\//)
    await page.goto('/billing')
    await heading(page, 'Billing')
  },
  'Billing, failing': async ({ page }) => {
    await failing(page, /\/(trpc|api\/flowglad)\//)
    await page.goto('/billing')
    await expect(page.getByText('Payment method and invoices cannot be shown right now')).toBeVisible()
  },

  'back from the checkout': async ({ page }) => {
    await page.goto('/pricing')
    await page.getByTestId('plan-pro_monthly').getByRole('button', { name: 'Upgrade to Pro' }).click()
    await checkoutPage(page).pay.click()
    await expect(studio(page).status("You're on Pro")).toBeVisible()
  },
  'the checkout': async ({ page }) => {
    await page.goto('/pricing')
    await page.getByTestId('plan-pro_monthly').getByRole('button', { name: 'Upgrade to Pro' }).click()
    await checkoutPage(page).card.fill('4000000000000002')
    await checkoutPage(page).pay.click()
    await expect(checkoutPage(page).problem).toBeVisible()
  },
}

/** All that axe finds on the page. It is asked without its Playwright wrapper, whose report of what passed costs several times the search. */
async function violations(page: Page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }))
  return violations.map(({ id, nodes }) => ({
    id,
    at: nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`),
  }))
}

const widerBy = () => document.documentElement.scrollWidth - document.documentElement.clientWidth
const isDark = () => {
  const [red = 255] = getComputedStyle(document.body).backgroundColor.match(/\d+/g)?.map(Number) ?? []
  return red < 64
}

/** Answers that a state makes fail are complained of by the browser, too. */
const complaintsOf = (name: string) => {
  if (name.endsWith(', failing')) return [/status of 500/]
  return name === 'a screen that does not arrive' ? [/dynamically imported module/] : []
}

for (const [name, reach] of Object.entries(states)) {
  test.describe(name, () => {
    test.use({ expectedComplaints: complaintsOf(name) })

    test('axe finds nothing, light and wide, dark and 360 px narrow', async ({ page, stack, customer }) => {
      // Colours are looked at where they come to rest.
      await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' })
      await reach({ page, stack, customer })
      expect(await violations(page)).toEqual([])
      await page.setViewportSize({ width: 360, height: 740 })
      await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' })
      await expect.poll(() => page.evaluate(widerBy)).toBe(0)
      await expect.poll(() => page.evaluate(isDark)).toBe(true)
      expect(await violations(page)).toEqual([])
      stack.model?.reset()
    })
  })
}

test('a change of balance is announced once, politely; a hold is not', async ({
  page,
  model,
  customer: _,
}) => {
  model.pause()
  await page.goto('/')
  const at = studio(page)
  const announcer = page.getByTestId('balance-announcements')
  await expect(announcer).toHaveAttribute('aria-live', 'polite')
  await at.make('a mill', 3)
  await expect(at.balance('generations')).toContainText('3 held')
  await expect(announcer).toBeEmpty()
  const said = await page.evaluateHandle(() => {
    const said: string[] = []
    const element = document.querySelector('[data-testid=balance-announcements]')
    if (element) {
      new MutationObserver(() => said.push(element.textContent ?? '')).observe(element, {
        childList: true,
        characterData: true,
        subtree: true,
      })
    }
    return said
  })
  model.resume()
  await expect(announcer).toHaveText('Generations: 7 of 10 left.')
  await at.go('Usage')
  await expect(page.getByTestId('usage-generations')).toContainText('3 / 10 used')
  expect(await said.jsonValue()).toEqual(['Generations: 7 of 10 left.'])
})

test('with reduced motion nothing moves for longer than a blink', async ({ page, stack, customer: _ }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  stack.model?.pause()
  await page.goto('/')
  const at = studio(page)
  await at.make('a mill', 2)
  await expect(at.balance('generations')).toContainText('2 held')
  const moving = await page.evaluate(() =>
    document
      .getAnimations()
      .filter(({ playState, effect }) => {
        const { duration = 0, iterations = 1 } = effect?.getTiming() ?? {}
        return playState === 'running' && Number(duration) * Number(iterations) > 50
      })
      .map(({ effect }) => (effect as KeyframeEffect).target?.outerHTML.slice(0, 120)),
  )
  expect(moving).toEqual([])
  stack.model?.reset()
})
