import { metrics } from '@opentelemetry/api'
import { DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { afterEach, expect, test } from 'vitest'
import { recordsMetrics } from '../../src/config/metrics.ts'
import { rejection, spend, usageEvents } from '../flowglad/spending.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'

afterEach(() => metrics.disable())

const ada = aUser()

class Reader extends MetricReader {
  protected async onForceFlush() {}
  protected async onShutdown() {}
}

/**
 * Registers an OpenTelemetry SDK. Returns a function that reads the values of all metrics by name, such as
 * `metered.holds {"procedure":"p"}`.
 */
function register() {
  const reader = new Reader()
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  return async () => {
    const { resourceMetrics } = await reader.collect()
    const values = resourceMetrics.scopeMetrics
      .flatMap(({ metrics: read }) => read)
      .flatMap(({ dataPointType, dataPoints, descriptor }) =>
        dataPoints.map(({ attributes, value }) => {
          const name = [
            descriptor.name,
            ...(Object.keys(attributes).length > 0 ? [JSON.stringify(attributes)] : []),
          ]
          return [name.join(' '), dataPointType === DataPointType.HISTOGRAM ? Object(value).count : value]
        }),
      )
    return Object.fromEntries(values)
  }
}

test('counts holds, settles, units, denials and deliveries', async () => {
  const read = register()
  await using stack = await startStack()
  await spend(stack, ada, 3)
  await spend(stack, ada, 2, 'tokens')
  await expect(spend(stack, ada, 8)).rejects.toThrow('Insufficient credits')
  await expect(
    stack.billing.meter({ customer: ada, meter: 'tokens' }, () => {
      throw new Error('broken')
    }),
  ).rejects.toThrow('broken')
  await stack.billing.drain()
  expect(await read()).toMatchObject({
    'metered.holds {"procedure":"meter"}': 3,
    'metered.settles {"procedure":"meter"}': 2,
    'metered.units {"meter":"generations"}': 3,
    'metered.units {"meter":"tokens"}': 2,
    'metered.releases': 1,
    'metered.denials {"code":"INSUFFICIENT_CREDITS","procedure":"meter"}': 1,
    'metered.deliveries': 2,
    'metered.snapshot.age.seconds': 3,
    'metered.batch.size': expect.any(Number),
    'metered.batch.duration.seconds': expect.any(Number),
  })
})

test('measures the number of waiting events and the delivery lag', async () => {
  const read = register()
  await using stack = await startStack()
  stack.proxy.breakWith(({ path }) =>
    usageEvents.test(path) ? { state: 'json', status: 500, body: rejection } : undefined,
  )
  await spend(stack, ada, 3)
  await until(async () => {
    const values = await read()
    expect(values).toMatchObject({ 'metered.events.waiting': 1, 'metered.events.parked': 0 })
    expect(values['metered.delivery.lag.seconds']).toBeGreaterThan(0)
  })
})

test('records nothing until the app registers an OpenTelemetry SDK', async () => {
  await using stack = await startStack()
  await spend(stack, ada)
  expect(recordsMetrics()).toBe(false)
  const read = register()
  expect(recordsMetrics()).toBe(true)
  await spend(stack, ada)
  expect(await read()).toMatchObject({ 'metered.holds {"procedure":"meter"}': 1 })
})
