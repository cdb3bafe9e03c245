import { resolve } from 'node:path'
import { z } from 'zod'
import { CommandError, defineCommand, UsageError } from '../command.ts'
import { comparePricing } from '../pricing/comparePricing.ts'
import { createModel } from '../pricing/createModel.ts'
import { describeComparison, nameOf } from '../pricing/describeComparison.ts'
import { describeKey, keyModeOf } from '../pricing/keyMode.ts'
import { createPricingApi } from '../pricing/pricingApi.ts'
import { activeParts } from '../pricing/pricingModel.ts'
import { pushPricing } from '../pricing/pushPricing.ts'
import { readPricingFile } from '../pricing/readPricingFile.ts'

export const pricingPush = defineCommand({
  name: 'pricing push',
  summary: "compares a pricing file with Flowglad's pricing model, and changes the model with --yes",
  arguments: [],
  options: ['pricing', 'create', 'yes', 'replace-prices', 'json'],
  details: `Compares the file's usage meters, features, products and prices with Flowglad's, and shows the differences.
With --yes, creates and changes the parts that differ. Lists the parts that only Flowglad has, and keeps them. If a
price's terms differ, Flowglad archives the price and creates a new one. Existing subscriptions keep the old price.
Unless the key is a test key (sk_test_…), replacing prices also needs --replace-prices. If the command fails or is
interrupted, run it again. --create creates a new pricing model instead. Use it, for example, to change the default
product's price, because Flowglad can't change that price in an existing model. Set the environment variable
FLOWGLAD_SECRET_KEY, and FLOWGLAD_BASE_URL if Flowglad isn't at its usual address.`,
  input: z.object({
    pricing: z.string().min(1).default('pricing.yaml'),
    create: z.boolean().default(false),
    yes: z.boolean().default(false),
    'replace-prices': z.boolean().default(false),
  }),
  async run({ pricing, create, yes, 'replace-prices': replacePrices }, { folder, env }) {
    const { FLOWGLAD_SECRET_KEY: secretKey, FLOWGLAD_BASE_URL: baseUrl } = env
    if (!secretKey)
      throw new UsageError('metered pricing push needs the environment variable FLOWGLAD_SECRET_KEY.')
    const file = await readPricingFile(resolve(folder, pricing), pricing)
    if ('mistakes' in file) return problems(file.mistakes)
    const api = createPricingApi({ secretKey, baseUrl: baseUrl || undefined })
    const mode = keyModeOf(secretKey)
    const key = describeKey(mode)
    if (create) return createModel(api, file.model, { yes, key })
    const model = await api.defaultModel()
    const remote = await api.read(model.id)
    if (remote.products.length === 0)
      throw new CommandError(
        `FLOWGLAD_SECRET_KEY doesn't belong to "${model.name}", the account's default pricing model. Use a key of the default pricing model, or make the key's model the default.`,
      )
    const comparison = comparePricing(file, remote)
    const { changes, untouched, problems: found } = comparison
    if (found.length > 0)
      return problems(found.map(({ path, message }) => `${file.placeOf(path)}: ${message}`))
    const { inactive } = activeParts(file.model)
    const title = `${pricing} and the pricing model "${model.name}" (${model.id}) at ${api.url}, with ${key}\n`
    const left = inactive
      .map((part) => `${nameOf(part)} is inactive in the file. It was left out.\n`)
      .join('')
    const replaced = changes.filter(({ replaces }) => replaces).map(({ part }) => part)
    // Treat a key of unknown mode as a live key.
    const needsConsent = mode !== 'test' && replaced.length > 0
    const refused = yes && needsConsent && !replacePrices
    const applied = yes && changes.length > 0 && !refused
    if (applied) await pushPricing(api, file, model, { remote, comparison })
    const next = () => {
      if (applied) return 'Flowglad now has everything in the file.\n'
      if (changes.length === 0) return ''
      const again = 'To make these changes, run the command again with --yes'
      if (!needsConsent) return `Nothing was changed. ${again}.\n`
      const list = replaced.map((part) => `  ${nameOf(part)}\n`).join('')
      return `Nothing was changed. Flowglad would archive and replace these prices:\n${list}${again} --replace-prices.\n`
    }
    return {
      code: refused ? 1 : 0,
      text: `${title}${describeComparison({ changes, untouched })}${left}${next()}`,
      json: { pricingModel: model, keyMode: mode, changes, untouched, inactive, replaced, applied },
    }
  },
})

/** Reports problems that prevent a push, one per line. */
const problems = (lines: string[]) => ({
  code: 1 as const,
  text: lines.map((line) => `${line}\n`).join(''),
  json: { problems: lines },
})
