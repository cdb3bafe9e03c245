import { mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser } from '../flowglad/meters.ts'
import { recordingLogger } from '../flowglad/recordingLogger.ts'
import { startStack } from '../flowglad/startStack.ts'
import { noVolumes, testVolume } from '../ledger/testVolume.ts'

beforeEach(({ skip }) => skip(noVolumes !== null, noVolumes ?? ''))

type Volume = ReturnType<typeof testVolume>
const dataFolder = ({ folder }: Volume) => join(folder, 'data')

const readOnly = {
  problem: 'is read-only',
  cause: (volume: Volume) => volume.makeReadOnly(),
  repair: (volume: Volume) => volume.makeWritable(),
}
const full = {
  problem: 'is full',
  cause: (volume: Volume) => volume.fill(),
  repair: (volume: Volume) => volume.empty(),
}
const missing = {
  problem: 'does not exist',
  cause: (volume: Volume) => rmdirSync(dataFolder(volume)),
  repair: (volume: Volume) => mkdirSync(dataFolder(volume)),
}

test.each([
  { ...readOnly, started: true },
  { ...readOnly, started: false },
  { ...full, started: true },
  // `start()` rejects if the folder is missing, so don't call it in this case.
  { ...missing, started: false },
])(
  'reports once that the ledger’s folder $problem and recovers automatically (start(): $started)',
  async ({ problem, cause, repair, started }) => {
    using volume = testVolume()
    mkdirSync(dataFolder(volume))
    cause(volume)
    const { messages, logger } = recordingLogger()
    const ledger = sqliteLedger(join(dataFolder(volume), 'ledger.db'), { cannotWriteAfterMs: 20 })
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

    repair(volume)
    expect(await spend()).toBe('done')
    expect(await ready()).toMatchObject({ status: 200, body: { status: 'ok' } })
    await expect.poll(() => stack.atFlowglad.events()).toHaveLength(1)
    expect(messages).toEqual([expect.stringContaining(problem), 'The ledger accepts writes again'])
  },
)
