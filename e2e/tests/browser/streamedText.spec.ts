// A streamed text holds its maximum number of tokens, but costs only the counted tokens.
import type { Model } from '../../stack/startModel.ts'
import type { App } from './app.ts'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

/** Starts a text and streams its first words. */
async function receiveWords({ app, model }: { app: App; model: Model }, words: string) {
  await app.open()
  await app.startText('a lighthouse keeper')
  await expect.poll(() => model.textsInProgress()).toBe(1)
  model.streamWords(words)
}

test('holds the maximum, counts tokens live and charges the counted tokens', async ({
  app,
  model,
  records,
  customer,
  context,
}) => {
  await app.open()
  await app.openWrite()
  await expect(app.write).toContainText('300')
  await app.topic.fill('a lighthouse keeper')
  await app.write.click()
  await app.expectBalance('tokens', { left: 1_700, of: 2_000, held: 300 })
  await expect.poll(() => model.textsInProgress()).toBe(1)
  model.streamWords('The lamp is lit ')
  await expect(app.tokenCount).toContainText('3 tokens')
  model.streamWords('every evening at six ')
  await expect(app.tokenCount).toContainText('7 tokens')
  expect(await records.used(customer)).toEqual({})
  model.endTexts()
  await expect(app.tokenCount).toContainText('8 tokens')
  await expect(app.text).toContainText('The lamp is lit every evening at six')
  await app.expectBalance('tokens', { left: 1_992, of: 2_000 })
  await expect.poll(() => records.used(customer)).toEqual({ tokens: 8 })

  // The customer has paid for the text, so it stays visible after a visit to another screen and after a
  // denied call.
  await app.goTo('Usage')
  await app.goTo('Studio')
  await app.startText('a forbidden thing')
  await expect(app.alert).toContainText(texts.forbiddenPrompt)
  await expect(app.text).toContainText('The lamp is lit every evening at six')
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await app.text.getByRole('button').click()
  const copied = () => app.page.evaluate(() => navigator.clipboard.readText())
  await expect.poll(copied).toBe('The lamp is lit every evening at six ')
})

test("charges and shows the model's own count when the text is complete", async ({
  app,
  model,
  records,
  customer,
}) => {
  await receiveWords({ app, model }, 'The lamp is lit ')
  await expect(app.tokenCount).toContainText('3 tokens so far')
  model.endTexts({ tokens: 11 })
  await expect(app.tokenCount).toContainText('11 tokens used')
  await expect(app.text).toContainText('The lamp is lit')
  await app.expectBalance('tokens', { left: 1_989, of: 2_000 })
  await expect.poll(() => records.used(customer)).toEqual({ tokens: 11 })
})

test('charges the counted tokens when the customer stops the text', async ({
  app,
  model,
  records,
  customer,
}) => {
  await receiveWords({ app, model }, 'one two three four ')
  await expect(app.tokenCount).toContainText('3 tokens')
  await app.stop.press('Enter')
  await expect(app.stop).toHaveCount(0)
  await expect(app.tokenCount).toContainText('3 tokens')
  await expect(app.text.getByRole('button')).toBeFocused()
  await app.expectBalance('tokens', { left: 1_997, of: 2_000 })
  await expect.poll(() => records.used(customer)).toEqual({ tokens: 3 })
  // The server closes the connection to the model.
  await expect.poll(() => model.textsInProgress()).toBe(0)

  // If the customer stops the next text before its first word, the current text stays on the screen.
  await app.write.click()
  await expect.poll(() => model.textsInProgress()).toBe(1)
  await app.stop.click()
  await expect(app.text).toContainText('one two three')
  await expect.poll(() => model.textsInProgress()).toBe(0)
  await expect.poll(() => records.used(customer)).toEqual({ tokens: 3 })
})

test('charges the counted tokens when the customer closes the tab', async ({
  app,
  openTab,
  model,
  records,
  customer,
}) => {
  await app.open()
  const tab = await openTab()
  await tab.open()
  await tab.startText('a lighthouse keeper')
  await expect.poll(() => model.textsInProgress()).toBe(1)
  model.streamWords('one two three four five ')
  await expect(tab.tokenCount).toContainText('4 tokens')
  await tab.page.close()
  await app.expectBalance('tokens', { left: 1_996, of: 2_000 })
  await expect.poll(() => records.used(customer)).toEqual({ tokens: 4 })
})

test('charges the counted tokens when the model fails', async ({ app, model, records, customer }) => {
  await receiveWords({ app, model }, 'one two three ')
  await expect(app.tokenCount).toContainText('2 tokens')
  model.breakTexts()
  await expect(app.alert).toContainText(texts.textEndedEarly)
  await app.expectBalance('tokens', { left: 1_998, of: 2_000 })
  await expect.poll(() => records.used(customer)).toEqual({ tokens: 2 })
})
