import type { Page } from '@playwright/test'
import { expect } from '../fixtures.ts'

type Meter = 'generations' | 'tokens' | 'api_calls'

/** Studio as a person finds it on the screen: by what things are called. */
export function studio(page: Page) {
  const balance = (meter: Meter) => page.getByTestId(`balance-${meter}`)
  const makePictures = page.getByRole('form', { name: 'Make pictures' })
  const writeText = page.getByRole('form', { name: 'Write a text' })
  const lookUp = page.getByRole('form', { name: 'Look up a word' })
  return {
    balance,
    bar: (meter: Meter) => balance(meter).getByRole('meter'),
    plan: page.getByTestId('plan-name'),
    prompt: page.getByRole('textbox', { name: 'Describe a picture' }),
    generate: makePictures.getByRole('button', { name: /^Generat/ }),
    pictures: page.getByRole('region', { name: 'Your gallery' }).getByRole('img'),
    paywall: page.getByTestId('paywall'),
    notice: page.getByTestId('usage-notice'),
    alert: page.getByRole('alert'),
    status: (title: string) => page.getByRole('status').filter({ hasText: title }),
    panel: (units: string) => page.getByRole('complementary', { name: `Your ${units}` }),

    async chooseCount(count: 1 | 2 | 3 | 4) {
      await makePictures
        .getByRole('radiogroup', { name: 'Number of pictures' })
        .getByText(String(count), { exact: true })
        .click()
    },
    async make(prompt: string, count: 1 | 2 | 3 | 4 = 1) {
      await this.prompt.fill(prompt)
      await this.chooseCount(count)
      await this.generate.click()
    },

    async openWrite() {
      await page.getByRole('tab', { name: 'Write' }).click()
    },
    async beginText(topic: string) {
      await this.openWrite()
      await this.topic.fill(topic)
      await this.write.click()
    },
    text: page.getByRole('region', { name: 'Your text' }),
    write: writeText.getByRole('button', { name: /^Writ/ }),
    topic: writeText.getByRole('textbox'),

    async openLookUp() {
      await page.getByRole('tab', { name: 'Look up' }).click()
    },
    term: lookUp.getByRole('textbox'),
    lookUp: lookUp.getByRole('button', { name: /^Look/ }),
    answer: page.getByRole('region', { name: 'Your answer' }),

    async openAccount() {
      await page.getByRole('button', { name: 'Account' }).click()
    },
    async signOut() {
      await this.openAccount()
      await page.getByRole('menuitem', { name: 'Sign out' }).click()
    },
    async go(screen: 'Studio' | 'Usage' | 'Plans' | 'Billing') {
      await page
        .getByRole('navigation', { name: 'Screens' })
        .getByRole('link', { name: screen, exact: true })
        .click()
      await expect(
        page.getByRole('heading', { level: 1, name: screen === 'Studio' ? 'What shall we make?' : screen }),
      ).toBeVisible()
    },
  }
}

/** Flowglad's hosted checkout page. */
export function checkoutPage(page: Page) {
  return {
    pay: page.getByRole('button', { name: /^Pay \$/ }),
    save: page.getByRole('button', { name: 'Save card' }),
    cancel: page.getByRole('link', { name: 'Cancel and go back' }),
    card: page.getByLabel('Card number'),
    problem: page.getByRole('alert'),
  }
}

export const cards = { declined: '4000000000000002', paid: '4242424242424242' }

/** Notes every text that an element shows from now on, each once in a row; call the answer to read them. */
export async function noteTexts(page: Page, selector: string): Promise<() => Promise<string[]>> {
  const seen = await page.evaluateHandle((selector) => {
    const seen: string[] = []
    const look = () => {
      const text = document.querySelector(selector)?.textContent ?? ''
      if (text !== seen.at(-1)) seen.push(text)
    }
    look()
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    })
    return seen
  }, selector)
  return () => seen.jsonValue()
}
