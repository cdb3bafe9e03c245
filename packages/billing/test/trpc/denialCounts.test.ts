import { expect, test } from 'vitest'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'
import { post } from '../http/postFlowglad.ts'
import { startApp } from './startApp.ts'

const ada = aUser()
const picture = { prompt: 'a fox', count: 1 }

test('counts each denied call with its procedure and reason', async () => {
  let inWork = async (): Promise<unknown> => 'done'
  await using app = await startApp({
    options: { maxStreamsPerCustomer: 1 },
    work: { generate: () => inWork() },
  })
  const denied = (call: Promise<unknown>) => expect(call).rejects.toThrow()
  await denied(app.client.generate.mutate({ ...picture, count: 11 }))
  await denied(app.client.generate.mutate({ ...picture, count: 12 }))
  await denied(app.client.both.mutate({ ...picture, count: 13 }))
  await denied(app.client.hd.mutate(picture))
  await denied(app.streaming.write.mutate({ tokens: 1_000_000 }))
  await denied(
    app.billing.meter({ customer: ada, meter: 'tokens', hold: 1_000_000, name: 'nightly' }, () => 1),
  )
  await denied(app.billing.meter({ customer: ada, meter: 'tokens', key: 'bad key' }, () => 1))
  await denied(app.billing.requireFeature(ada, 'sso'))
  inWork = () =>
    app.billing.meter({ customer: ada, meter: 'tokens', hold: 1_000_000, name: 'inner' }, () => 1)
  await denied(app.client.validated.mutate(picture))
  await denied(app.router.createCaller({ user: ada }).validated(picture))
  expect(
    await post(app, 'usage-events/create', { usageMeterSlug: 'api_calls', amount: 1_000_000 }),
  ).toMatchObject({
    status: 402,
  })
  const headers = { user: 'ada', 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' }
  for (const path of ['ping', 'billing.cancel'])
    expect(await fetch(`${app.url}/${path}`, { method: 'POST', headers })).toMatchObject({ status: 403 })
  for (const key of [{}, { 'idempotency-key': 'bad key' }]) {
    const request = { method: 'POST', headers: { user: 'ada', 'content-type': 'application/json', ...key } }
    const response = await fetch(`${app.url}/insists`, { ...request, body: JSON.stringify(picture) })
    expect(response.status).toBe(400)
  }
  const first = app.billing.watch(ada)
  await first.next()
  const second = app.billing.watch(ada)
  await second.next()
  await expect(first.next()).rejects.toMatchObject({ denial: { code: 'STREAM_REPLACED' } })
  await second.return()

  await until(async () => {
    const found = await app.ledger.denials('ada')
    expect(
      found
        .map(({ procedure, code, meter, feature, count }) =>
          [procedure, code, meter ?? feature, count].join(' '),
        )
        .sort(),
    ).toEqual(
      [
        'generate INSUFFICIENT_CREDITS generations 2',
        'both INSUFFICIENT_CREDITS generations 1',
        'hd FEATURE_NOT_INCLUDED hd 1',
        'insists KEY_REQUIRED  1',
        'insists KEY_INVALID  1',
        'write INSUFFICIENT_CREDITS tokens 1',
        'nightly INSUFFICIENT_CREDITS tokens 1',
        'meter KEY_INVALID  1',
        'requireFeature FEATURE_NOT_INCLUDED sso 1',
        'inner INSUFFICIENT_CREDITS tokens 2',
        'record.api_calls INSUFFICIENT_CREDITS api_calls 1',
        'ping FOREIGN_ORIGIN  1',
        'billing.cancel FOREIGN_ORIGIN  1',
        'watch STREAM_REPLACED  1',
      ].sort(),
    )
    expect(found.find(({ procedure }) => procedure === 'generate')).toMatchObject({
      required: 12,
      available: 10,
    })
  })
})

test('runs calls while denial counts can’t be written', async () => {
  const ledger = sqliteLedger(':memory:')
  const { close } = ledger
  let rows = 0
  let hangs = true
  const failing: Ledger = {
    ...ledger,
    async countDenials(counts) {
      rows += counts.length
      if (hangs) throw new Error('no such table')
      await ledger.countDenials(counts)
    },
    async close() {},
  }
  {
    await using app = await startApp({ ledger: failing })
    for (let n = 0; n < 3; n += 1)
      await expect(app.client.generate.mutate({ ...picture, count: 11 })).rejects.toMatchObject({
        data: { billing: { code: 'INSUFFICIENT_CREDITS' } },
      })
    await until(() => expect(rows).toBeGreaterThan(0))
    await app.client.generate.mutate(picture)
    hangs = false
    await expect(app.client.generate.mutate({ ...picture, count: 11 })).rejects.toThrow()
  }
  expect(await ledger.denials('ada')).toMatchObject([{ count: 1 }])
  await close()
})
