import { expect, type Page } from '@playwright/test'
import type { Credentials } from '../customer.ts'
import { texts } from './texts.ts'

export type Meter = 'generations' | 'tokens' | 'api_calls'
export type Screen = keyof typeof screens

export const cards = {
  declined: '4000000000000002',
  paid: '4242424242424242',
  /** A card whose first payment succeeds and whose renewals are declined. */
  declinesRenewals: '4000000000000341',
}

const screens = {
  Studio: { path: '/', heading: /what shall we make/i },
  Usage: { path: '/usage', heading: /^usage$/i },
  Plans: { path: '/pricing', heading: /^plans$/i },
  Billing: { path: '/billing', heading: /^billing$/i },
} as const

const buttons = { signInAgain: /^sign in again$/i }

export type App = ReturnType<typeof appOn>

/**
 * Returns the elements that a customer sees in the web app and the actions that a customer takes. Tests use this
 * object, so most labels are defined only in this file.
 */
export function appOn(page: Page) {
  const balance = (meter: Meter) => page.getByTestId(`balance-${meter}`)
  const picturesForm = page.getByRole('form', { name: 'Make pictures' })
  const textForm = page.getByRole('form', { name: 'Write a text' })
  const lookUpForm = page.getByRole('form', { name: 'Look up a word' })
  const dialog = page.getByRole('dialog')
  const dialogButtons = dialog.getByRole('button')

  return {
    page,
    ...screenParts(page),
    plan: (priceSlug: string) => planCard(page, priceSlug),
    planCards: page.getByRole('list', { name: 'Plans' }).getByRole('article'),
    checkout: checkoutPage(page),
    limit: (meter: Meter) => limitRow(page, meter),
    dialog,
    /** In every dialog, the first button closes the dialog without changing anything. */
    keep: dialogButtons.first(),
    confirm: dialogButtons.last(),

    /** Opens a screen and waits until it shows the customer's balances. */
    async open(screen: Screen = 'Studio') {
      await page.goto(screens[screen].path)
      await expect(balance('generations')).toContainText(/used/i)
    },
    /** Follows the link to a screen and waits until the screen appears. */
    async goTo(screen: Screen) {
      const { path, heading } = screens[screen]
      await page.locator(`header nav a[href="${path}"]`).click()
      await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible()
    },

    balance,
    bar: (meter: Meter) => balance(meter).getByRole('meter'),
    async expectBalance(meter: Meter, { left, of, held = 0 }: { left: number; of: number; held?: number }) {
      const number = (value: number) => value.toLocaleString('en-GB')
      const heldText = held > 0 ? `${number(held)} in progress` : ''
      const text = `^\\D*${heldText}${number(of - left - held)} of ${number(of)} used$`
      await expect(balance(meter)).toHaveText(new RegExp(text))
    },
    async expectUnlimited(meter: Meter, { used }: { used: number }) {
      await expect(balance(meter)).toContainText(new RegExp(`^\\D*${used} used.*unlimited`, 'i'))
    },
    /**
     * Starts recording every change to a balance's text. Returns a function that returns the recorded texts.
     */
    recordBalance: (meter: Meter) => recordTexts(page, `[data-testid=balance-${meter}]`),

    prompt: picturesForm.getByRole('textbox'),
    hd: page.getByRole('switch', { name: 'HD' }),
    generate: picturesForm.locator('[type=submit]'),
    pictures: page.getByRole('region', { name: 'Your gallery' }).getByRole('img'),
    picturesInProgress: page.getByRole('region', { name: 'Your gallery' }).locator('li[aria-label]'),
    async chooseCount(count: 1 | 2 | 3 | 4) {
      await picturesForm.getByRole('radiogroup').getByText(String(count), { exact: true }).click()
    },
    async makePictures(prompt: string, count: 1 | 2 | 3 | 4 = 1) {
      await this.prompt.fill(prompt)
      await this.chooseCount(count)
      await this.generate.click()
    },

    topic: textForm.getByRole('textbox'),
    write: textForm.locator('[type=submit]'),
    stop: page.getByRole('button', { name: /^stop/i }),
    text: page.getByRole('region', { name: 'Your text' }),
    tokenCount: page.getByTestId('token-count'),
    async openWrite() {
      await page.getByRole('tab', { name: 'Write' }).click()
    },
    async startText(topic: string) {
      await this.openWrite()
      await this.topic.fill(topic)
      await this.write.click()
    },

    term: lookUpForm.getByRole('textbox'),
    lookUp: lookUpForm.locator('[type=submit]'),
    answer: page.getByRole('region', { name: 'Your answer' }),
    async openLookUp() {
      await page.getByRole('tab', { name: 'Look up' }).click()
    },

    signOutItem: page.getByRole('menuitem', { name: 'Sign out' }),
    async openAccount() {
      await page.getByRole('button', { name: 'Account' }).click()
    },
    async signOut() {
      await this.openAccount()
      await this.signOutItem.click()
    },
    ...accountForm(page),
  }
}

/** Returns the elements that several screens share. */
function screenParts(page: Page) {
  return {
    planName: page.getByTestId('plan-name'),
    /** The header's link to the Plans screen. */
    upgrade: page.getByRole('banner').getByRole('link', { name: 'Upgrade' }),
    heading: page.getByRole('heading', { level: 1 }),
    /** The paywall that replaces an exhausted balance. */
    paywall: page.getByTestId('paywall'),
    /** The notice beside a balance that is nearly used up. */
    usageNotice: page.getByTestId('usage-notice'),
    alert: page.getByRole('alert'),
    status: (text: string | RegExp) => page.getByRole('status').filter({ hasText: text }),
    /** The panel that shows the open form's balance. */
    panel: page.getByRole('main').getByRole('complementary'),
    announcer: page.getByTestId('balance-announcements'),
    usage: (meter: Meter) => page.getByTestId(`usage-${meter}`),
    charts: page.getByRole('figure'),
    /** The list beside a meter's chart, such as `Pictures by quality`. */
    kinds: (name: string) => page.getByRole('list', { name, exact: true }).getByRole('listitem'),
    charges: page.getByRole('table', { name: 'Charges' }),
    subscription: page.getByTestId('subscription'),
    payments: page.getByRole('region', { name: 'Payments' }),
    nextInvoice: page.getByRole('region', { name: 'Next invoice' }),
    spendLimits: page.getByRole('heading', { name: 'Spend limits' }),
    /** The notice about an alert, at the end of the page. */
    alertNotice: alertNotice(page),
    /** The alerts that Billing lists. */
    alerts: page.getByRole('region', { name: 'Recent alerts' }).getByRole('listitem'),
    paymentMethod: page.getByRole('region', { name: 'Payment method' }),
    retry: page.getByRole('button', { name: texts.retry }),
    signInAgain: page.getByRole('button', { name: buttons.signInAgain }),
  }
}

function alertNotice(page: Page) {
  const notice = page.locator('[data-alert-notice]')
  return { notice, dismiss: notice.getByRole('button', { name: 'Dismiss' }), link: notice.getByRole('link') }
}

/** Returns the elements of a meter's row in the spend limits, and the actions in this row. */
function limitRow(page: Page, meter: Meter) {
  const row = page.getByRole('region', { name: 'Spend limits' }).getByTestId(`limit-${meter}`)
  const field = row.getByRole('textbox')
  const edit = row.getByRole('button', { name: /^(set a limit|change)$/i })
  const save = row.getByRole('button', { name: /^sav/i })
  return {
    row,
    field,
    edit,
    save,
    bar: row.getByRole('meter'),
    remove: row.getByRole('button', { name: /^remov/i }),
    async set(limit: number | string, { mode }: { mode?: 'Stop' | 'Only tell me' } = {}) {
      await edit.click()
      await field.fill(String(limit))
      if (mode) await row.getByText(mode, { exact: true }).click()
      await save.click()
    },
  }
}

function planCard(page: Page, priceSlug: string) {
  const card = page.getByTestId(`plan-${priceSlug}`)
  return { card, choose: card.getByRole('button'), alert: card.getByRole('alert') }
}

function accountForm(page: Page) {
  const email = page.getByLabel('Email')
  const password = page.getByRole('textbox', { name: 'Password' })
  const submit = page.locator('form [type=submit]')
  return {
    email,
    password,
    submitAccount: submit,
    async signIn(credentials: Credentials) {
      await email.fill(credentials.email)
      await password.fill(credentials.password)
      await submit.click()
    },
    async signUp(account: Credentials) {
      await page.goto('/sign-up')
      await page.getByLabel('Name').fill('Ada Lovelace')
      await this.signIn(account)
    },
  }
}

/** Returns the elements of Flowglad's hosted checkout page. */
function checkoutPage(page: Page) {
  return {
    card: page.getByLabel('Card number'),
    /** The button that pays or, if the checkout costs nothing, saves the card. */
    submit: page.locator('form button:not([name])'),
    cancel: page.locator('form a'),
    problem: page.getByRole('alert'),
  }
}

/** Starts recording every change to an element's text. Returns a function that returns the recorded texts. */
export async function recordTexts(page: Page, selector: string): Promise<() => Promise<string[]>> {
  const texts = await page.evaluateHandle((selector) => {
    const texts: string[] = []
    const look = () => {
      const text = document.querySelector(selector)?.textContent ?? ''
      if (text !== texts.at(-1)) texts.push(text)
    }
    look()
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
    return texts
  }, selector)
  return () => texts.jsonValue()
}
