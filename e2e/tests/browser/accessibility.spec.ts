// These tests bring the customers' screens into many states. In each state, the tests run axe and check that the
// screen fits a small phone.
import type { Page } from '@playwright/test'
import type { Model } from '../../stack/startModel.ts'
import type { Customer } from '../customer.ts'
import { type App, cards } from './app.ts'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'
import { violations } from './violations.ts'

interface Fixtures {
  app: App
  page: Page
  model: Model
  customer: Customer
}

/** Brings the page into a state with the same steps that a customer takes. */
type Reach = (fixtures: Fixtures) => Promise<void>

interface Group {
  expectedConsoleErrors?: RegExp[]
  /** The states in the order in which one customer goes through them. */
  states: Record<string, Reach>
}

const failRequests = (page: Page, url: RegExp) =>
  page.route(url, (route) => route.fulfill({ status: 500, contentType: 'application/json', body: '{}' }))
const neverRespond = (page: Page, url: RegExp) => page.route(url, () => {})
const billingRequests = /\/(trpc|api\/flowglad)\//

const groups: Record<string, Group> = {
  'for a visitor': {
    states: {
      'sign in': async ({ app, page }) => {
        await page.context().clearCookies()
        await page.goto('/sign-in')
        await expect(app.email).toBeVisible()
      },
      'sign up, rejected': async ({ app, customer }) => {
        await app.signUp({ email: customer.email, password: 'correct horse battery' })
        await expect(app.alert).toBeVisible()
      },
      plans: async ({ app, page }) => {
        await page.goto('/pricing')
        await expect(app.plan('pro_monthly').card).toBeVisible()
      },
    },
  },

  'in Studio': {
    states: {
      empty: async ({ app, page }) => {
        await app.open()
        await expect(page.getByText(texts.emptyGallery)).toBeVisible()
      },
      'account menu': async ({ app }) => {
        await app.openAccount()
        await expect(app.signOutItem).toBeVisible()
      },
      'feature denied': async ({ app }) => {
        await app.open()
        await app.hd.click()
        await app.makePictures('a mill')
        await expect(app.alert).toContainText(texts.hdNotIncluded)
      },
      'prompt denied': async ({ app }) => {
        await app.open()
        await app.makePictures('a forbidden thing')
        await expect(app.alert).toContainText(texts.forbiddenPrompt)
      },
      'work failed': async ({ app, model }) => {
        model.failPictures()
        await app.makePictures('a mill')
        await expect(app.alert).toContainText(texts.serverFault)
      },
      'work in progress': async ({ app, model }) => {
        model.pausePictures()
        await app.makePictures('a mill', 4)
        await app.expectBalance('generations', { left: 6, of: 10, held: 4 })
      },
      'text in progress': async ({ app, model }) => {
        await app.startText('a lighthouse keeper')
        await expect.poll(() => model.textsInProgress()).toBe(1)
        model.streamWords('The lamp is lit every evening ')
        await expect(app.tokenCount).toContainText('5 tokens')
      },
      'look-up answered': async ({ app }) => {
        await app.openLookUp()
        await app.term.fill('fresco')
        await app.lookUp.click()
        await expect(app.answer).toContainText('fresco', { ignoreCase: true })
      },
      offline: async ({ app, page }) => {
        await app.open()
        await page.context().setOffline(true)
        await app.makePictures('a mill')
        await expect(app.alert).toContainText(texts.notSent)
      },
    },
  },

  'as credits run out': {
    states: {
      'Usage, empty': async ({ app, page }) => {
        await app.open('Usage')
        await expect(page.getByText(texts.noCharges)).toBeVisible()
        await expect(app.charts).toHaveCount(3)
      },
      'Studio, with pictures and a notice': async ({ app, customer }) => {
        await customer.makePictures(9)
        await app.open()
        await expect(app.pictures).toHaveCount(9)
        await expect(app.usageNotice).toBeVisible()
      },
      'Studio, exhausted and denied': async ({ app, customer }) => {
        await customer.makePictures(1)
        await customer.recordApiCalls(95)
        await expect(app.paywall).toBeVisible()
        await app.makePictures('one more')
        await expect(app.alert).toBeVisible()
      },
      'Billing, with spend limits': async ({ app }) => {
        await app.open('Billing')
        await app.limit('generations').set(9)
        await expect(app.limit('generations').row).toContainText(texts.stopped)
        await app.limit('api_calls').set(200)
        await expect(app.limit('api_calls').row).toContainText(texts.resets)
        await app.limit('tokens').set('many')
        await expect(app.limit('tokens').field).toHaveAccessibleDescription(texts.wholeNumber)
      },
      'Billing, with alerts': async ({ app, page }) => {
        await app.open('Billing')
        await page.getByRole('button', { name: /older alert/ }).click()
        await expect(app.alerts).toHaveCount(4)
      },
      'Plans, with a notice about an alert': async ({ app, customer }) => {
        await app.goTo('Plans')
        await customer.call('billing.setBudget', { meter: 'api_calls', limit: 95, window: 'day' })
        await expect(app.alertNotice.notice).toBeVisible()
      },
      'Studio, stopped by a spend limit': async ({ app, customer }) => {
        await customer.buy('generation_pack')
        await app.open()
        await app.makePictures('one more')
        await expect(app.alert).toContainText(texts.limitReached('9 pictures'))
      },
      'picture opened': async ({ app, page }) => {
        await page.getByRole('region', { name: 'Your gallery' }).getByRole('button').first().click()
        await expect(app.dialog.locator('img')).toBeVisible()
      },
      'Usage, with charges': async ({ app }) => {
        await app.open('Usage')
        await expect(app.charges.getByRole('row')).toHaveCount(6)
        await expect(app.charts).toHaveCount(3)
      },
    },
  },

  'during a purchase': {
    states: {
      'Billing, on Free': async ({ app }) => {
        await app.open('Billing')
        await expect(app.paymentMethod).toContainText(texts.noPaymentMethod)
      },
      'Plans, on Free': async ({ app }) => {
        await app.open('Plans')
        await expect(app.plan('free').card).toContainText(texts.yourPlan)
      },
      'Plans, with a warning about pack credits': async ({ app, customer }) => {
        await customer.buy('generation_pack')
        await app.open('Plans')
        await app.expectBalance('generations', { left: 60, of: 60 })
        await app.plan('pro_monthly').choose.click()
        await expect(app.dialog).toBeVisible()
      },
      'checkout, card declined': async ({ app }) => {
        await app.confirm.click()
        await app.checkout.card.fill(cards.declined)
        await app.checkout.submit.click()
        await expect(app.checkout.problem).toBeVisible()
      },
      'back from the checkout': async ({ app }) => {
        await app.checkout.card.fill(cards.paid)
        await app.checkout.submit.click()
        await expect(app.status(texts.onPlan('Pro'))).toBeVisible()
      },
      'Plans, downgrading': async ({ app, customer }) => {
        await customer.call('billing.changePlan', { priceSlug: 'scale_monthly' })
        await app.open('Plans')
        await expect(app.planName).toHaveText('Scale')
        await app.plan('pro_monthly').choose.click()
        await expect(app.dialog).toBeVisible()
      },
      'Billing, canceled': async ({ app, customer }) => {
        await customer.call('billing.cancel', {})
        await app.open('Billing')
        await expect(app.subscription.getByRole('status')).toBeVisible()
        await expect(app.payments.getByRole('listitem').first()).toBeVisible()
      },
    },
  },

  'while loading': {
    states: {
      Studio: async ({ page }) => {
        await neverRespond(page, billingRequests)
        await page.goto('/')
        await expect(page.getByRole('region', { name: 'Balances' })).toHaveAttribute('aria-busy', 'true')
      },
      Usage: async ({ app }) => app.goTo('Usage'),
      Plans: async ({ app }) => app.goTo('Plans'),
      Billing: async ({ app }) => app.goTo('Billing'),
    },
  },

  'when requests fail': {
    expectedConsoleErrors: [/status of 500/],
    states: {
      Studio: async ({ app, page }) => {
        await failRequests(page, billingRequests)
        await page.goto('/')
        await expect(app.status(texts.unreadable)).toBeVisible()
        await expect(app.balance('generations')).toContainText(texts.unavailable)
      },
      Usage: async ({ app }) => {
        await app.goTo('Usage')
        await expect(app.status(texts.unreadable).first()).toBeVisible()
      },
      Plans: async ({ app }) => {
        await app.goTo('Plans')
        await expect(app.status(texts.unreadable)).toBeVisible()
      },
      Billing: async ({ app }) => {
        await app.goTo('Billing')
        await expect(app.status(texts.unreadable).last()).toBeVisible()
      },
    },
  },

  'when a screen is missing': {
    expectedConsoleErrors: [/dynamically imported module/],
    states: {
      'unknown address': async ({ app, page }) => {
        await page.goto('/nowhere')
        await expect(app.heading).toHaveText('Page not found')
      },
      'code not loaded': async ({ app, page }) => {
        await page.route(/BillingScreen.*\.js/, (route) => route.fulfill({ status: 404, body: '' }))
        await page.goto('/billing')
        await expect(app.heading).toHaveText("This page couldn't be loaded")
      },
      'server unreachable': async ({ app, page }) => {
        await page.route(/get-session/, (route) => route.abort('connectionrefused'))
        await page.goto('/')
        await expect(app.retry).toBeVisible()
      },
      'app starting': async ({ app, page }) => {
        await neverRespond(page, /get-session/)
        await page.goto('/', { waitUntil: 'commit' })
        await expect(app.heading).toHaveText('Studio is loading')
      },
    },
  },
}

const wide = { width: 1280, height: 720 }
const narrow = { width: 360, height: 740 }
const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth
const isDark = () => {
  const [red = 255] = getComputedStyle(document.body).backgroundColor.match(/\d+/g)?.map(Number) ?? []
  return red < 64
}

for (const [where, { states, expectedConsoleErrors = [] }] of Object.entries(groups)) {
  test.describe(where, () => {
    test.use({ expectedConsoleErrors })

    test(`has no accessibility violations ${where}, at 1280 px in light mode and at 360 px in dark mode`, async ({
      app,
      page,
      model,
      customer,
    }) => {
      test.slow()
      for (const [state, reach] of Object.entries(states)) {
        await test.step(state, async () => {
          await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
          await page.setViewportSize(wide)
          await reach({ app, page, model, customer })
          expect.soft(await violations(page), `${state}, light and wide`).toEqual([])
          await page.setViewportSize(narrow)
          await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
          await expect.poll(() => page.evaluate(overflow), state).toBe(0)
          await expect.poll(() => page.evaluate(isDark), state).toBe(true)
          expect.soft(await violations(page), `${state}, dark and narrow`).toEqual([])
          model.reset()
        })
      }
    })
  })
}
