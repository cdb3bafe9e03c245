import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser } from '../flowglad/meters.ts'
import { recordingLogger } from '../flowglad/recordingLogger.ts'
import { startStack } from '../flowglad/startStack.ts'
import { noVolumes, testVolume } from '../ledger/testVolume.ts'

beforeEach(({ skip }) => skip(noVolumes !== null, noVolumes ?? ''))

test.each<{
  problem: string
  cause: 'makeReadOnly' | 'fill'
  repair: 'makeWritable' | 'empty'
  started: boolean
}>([
  { problem: 'is read-only', cause: 'makeReadOnly', repair: 'makeWritable', started: true },
  { problem: 'is read-only', cause: 'makeReadOnly', repair: 'makeWritable', started: false },
  { problem: 'is full', cause: 'fill', repair: 'empty', started: true },
])(
  'denies calls, reports the problem once and recovers automatically if the volume $problem (start(): $started)',
  async ({ problem, cause, repair, started }) => {
    using volume = testVolume()
    volume[cause]()
    const { messages, logger } = recordingLogger()
    const ledger = sqliteLedger(join(volume.folder, 'ledger.db'), { cannotWriteAfterMs: 20 })
    await using stack = await startStack({ ledger, logger, started, autoStart: true })
    const { billing } = stack
    const spend = () => billing.meter({ customer: aUser(), meter: 'tokens' }, () => 'done')
    const ready = () =>
      billing
        .handle(new Request('http://localhost/readyz'), { customer: () => aUser() })
        .then(async (it) => ({
          status: it?.status,
          body: await it?.json(),
        }))

    for (let call = 0; call < 3; call += 1) {
      await expect(spend()).rejects.toMatchObject({ denial: { code: 'BILLING_UNAVAILABLE' } })
      await expect(billing.balances(aUser())).rejects.toMatchObject({
        denial: { code: 'BILLING_UNAVAILABLE' },
      })
    }
    expect(await ready()).toMatchObject({
      status: 503,
      body: { status: 'unavailable', reasons: [expect.stringContaining(problem)] },
    })
    expect(messages).toEqual([expect.stringContaining(problem)])

    volume[repair]()
    expect(await spend()).toBe('done')
    expect(await ready()).toMatchObject({ status: 200, body: { status: 'ok' } })
    await expect.poll(() => stack.atFlowglad.events()).toHaveLength(1)
    expect(messages).toEqual([expect.stringContaining(problem), 'The ledger accepts writes again'])
  },
)
