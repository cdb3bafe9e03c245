import { expect, test, vi } from 'vitest'
import { createBilling, defineMeters, SetupError } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser } from './meters.ts'
import { recordingLogger } from './recordingLogger.ts'
import { startStack } from './startStack.ts'
import { until } from './until.ts'

const ada = aUser()
const noMeter = (slug: string) =>
  `Flowglad's pricing model has no usage meter "${slug}". Create it in Flowglad, or remove it from defineMeters.`

/** Creates billing with two meters that Flowglad doesn't have. */
async function startUnusable() {
  const stack = await startStack({ started: false })
  const log = recordingLogger()
  const billing = createBilling({
    meters: defineMeters({ tokens: {}, pages: {}, seconds: { unlimitedBy: 'unlimited_generations' } }),
    ledger: sqliteLedger(':memory:'),
    flowglad: { secretKey: stack.flowglad.key, baseUrl: stack.proxy.url },
    customer: () => ada,
    publicUrl: 'http://localhost',
    logger: log.logger,
    options: { decisionMs: 20_000 },
  })
  return {
    ...stack,
    billing,
    log,
    async [Symbol.asyncDispose]() {
      await billing.close()
      await stack[Symbol.asyncDispose]()
    },
  }
}

test('fails to start and describes each unknown meter on a separate line', async () => {
  await using app = await startUnusable()
  await expect(app.billing.start()).rejects.toThrow(
    new SetupError(`${noMeter('pages')}\n${noMeter('seconds')}`),
  )
})

test('fails a call on an unknown meter before the work runs', async () => {
  await using app = await startUnusable()
  const work = vi.fn()
  const call = app.billing.meter({ customer: ada, meter: 'pages' }, work)
  await expect(call).rejects.toThrow(new SetupError(noMeter('pages')))
  expect(work).not.toHaveBeenCalled()
})

test('fails a call on an unknown meter even if the plan makes the meter unlimited', async () => {
  await using app = await startUnusable()
  await app.billing.balances(ada)
  await app.atFlowglad.pay(ada, 'scale_monthly')
  await app.billing.refresh(ada)
  const call = app.billing.meter({ customer: ada, meter: 'seconds' }, () => 'done')
  await expect(call).rejects.toThrow(noMeter('seconds'))
})

test('accepts calls on known meters and logs one error for each unknown meter', async () => {
  await using app = await startUnusable()
  for (let call = 0; call < 3; call++) {
    expect(await app.billing.meter({ customer: ada, meter: 'tokens' }, () => 'done')).toBe('done')
  }
  await until(() => expect(app.log.errors).toEqual([noMeter('pages'), noMeter('seconds')]))
  expect(await app.billing.health()).toMatchObject({ reasons: [noMeter('pages'), noMeter('seconds')] })
})

test('checks a call against the balance after the missing meter is created at Flowglad', async () => {
  await using app = await startUnusable()
  const call = () => app.billing.meter({ customer: ada, meter: 'pages' }, () => 'done')
  await expect(call()).rejects.toThrow(noMeter('pages'))
  const { pricingModel } = await app.atFlowglad.sdk.pricingModels.retrieveDefault()
  await app.atFlowglad.sdk.usageMeters.create({
    usageMeter: { name: 'Pages', slug: 'pages', pricingModelId: pricingModel.id },
  })
  await until(() => expect(call()).rejects.toMatchObject({ denial: { code: 'INSUFFICIENT_CREDITS' } }))
})

test('makes no request to Flowglad for a call on a usable meter if the snapshot is recent', async () => {
  await using app = await startUnusable()
  const call = () => app.billing.meter({ customer: ada, meter: 'tokens' }, () => 'done')
  await call()
  await until(async () => expect((await app.billing.health()).waiting).toBe(0))
  const before = app.proxy.count(/pricing-models|billing/)
  await call()
  expect(app.proxy.count(/pricing-models|billing/)).toBe(before)
})
