import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { readSettings } from '../../processes/readSettings.ts'
import { type Clock, systemClock } from '../../src/config/clock.ts'
import { SetupError } from '../../src/config/setupError.ts'
import { BillingError, createBilling } from '../../src/index.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { type Request, request } from '../calls/call.ts'
import { ledgerOptions, meters, options } from '../settings.ts'

/**
 * Runs one node: an HTTP server whose calls are metered. A message from the parent process sets the offset of the
 * node's clock.
 */
const settings = z
  .object({
    port: z.number(),
    /** The ledger's file or connection string. */
    address: z.string(),
    flowglad: z.object({ url: z.string(), key: z.string() }),
  })
  .parse(readSettings())

let offsetMs = 0
process.on('message', (message) => {
  offsetMs = z.object({ offsetMs: z.number() }).parse(message).offsetMs
})
process.once('disconnect', () => process.exit())
const clock: Clock = { now: () => Date.now() + offsetMs, after: systemClock.after }

const { address, port, flowglad } = settings
const billing = createBilling({
  meters,
  ledger: address.startsWith('postgres:')
    ? postgresLedger(address, ledgerOptions)
    : sqliteLedger(address, { ...ledgerOptions, clock }),
  flowglad: { secretKey: flowglad.key, baseUrl: flowglad.url },
  customer: () => ({ id: '', name: '', email: '' }),
  publicUrl: 'http://localhost',
  clock,
  options,
})

class WorkFailed extends Error {}

/** Returns the options of `billing.meter` that all kinds of work share. */
const callOf = ({ customer, operation, key, amount, kind }: Request) => ({
  customer: { id: customer, name: customer, email: `${customer}@example.com` },
  name: operation,
  ...(key === null ? {} : { key }),
  input: { kind, amount },
})

function run(asked: Request, signal: AbortSignal) {
  const { amount, hold, workMs } = asked
  const call = callOf(asked)
  switch (asked.kind) {
    case 'fixed':
    case 'render': {
      const meter = asked.kind === 'render' ? 'renders' : 'units'
      return billing.meter({ ...call, meter, amount }, async ({ attempt }) => {
        await sleep(workMs)
        return { attempt }
      })
    }
    case 'failing':
      return billing.meter({ ...call, meter: 'units', amount }, async () => {
        await sleep(workMs)
        throw new WorkFailed('The work failed')
      })
    case 'counted':
      return billing.meter(
        { ...call, meter: 'units', hold, cost: ({ usage }) => usage.total },
        async ({ attempt, usage }) => {
          await sleep(workMs)
          usage.add(amount)
          return { attempt }
        },
      )
    case 'stream':
      return billing.meter(
        { ...call, meter: 'units', hold, cost: ({ usage }) => usage.total, signal },
        async function* ({ attempt, usage }) {
          for (let unit = 0; unit < amount; unit += 1) {
            await sleep(workMs / amount)
            usage.add(1)
            yield { attempt }
          }
        },
      )
    default:
      return asked.kind satisfies never
  }
}

const isStream = (output: object): output is AsyncIterable<{ attempt: string }> =>
  Symbol.asyncIterator in output

async function answer(incoming: IncomingMessage, response: ServerResponse) {
  const asked = request.parse(JSON.parse((await incoming.toArray()).join('')))
  const left = new AbortController()
  response.once('close', () => left.abort())
  try {
    const output = await run(asked, left.signal)
    if (!isStream(output)) return response.end(JSON.stringify({ state: 'answered', attempt: output.attempt }))
    let attempt = ''
    for await (const chunk of output) {
      attempt = chunk.attempt
      response.write('\n')
    }
    response.end(JSON.stringify({ state: 'answered', attempt }))
  } catch (error) {
    response.end(JSON.stringify(failureOf(error)))
  }
}

/** Describes an error as an outcome of the call. */
function failureOf(error: unknown) {
  if (error instanceof WorkFailed) return { state: 'failed' }
  if (!(error instanceof BillingError)) return { state: 'unknown', reason: String(error) }
  const { denial } = error
  return denial.code === 'BILLING_UNAVAILABLE' && denial.chargeUnconfirmed
    ? { state: 'unknown', reason: 'charge unconfirmed' }
    : { state: 'denied', code: denial.code }
}

const server = createServer((incoming, response) => {
  answer(incoming, response).catch((error: unknown) =>
    response.destroy(error instanceof Error ? error : undefined),
  )
}).listen(port, '127.0.0.1')
await once(server, 'listening')
process.send?.(`http://127.0.0.1:${port}`)

/**
 * Retry `start()`, as a supervisor restarts a process in production. If the proxy answers with an HTML page,
 * Flowglad's address looks wrong, and `start()` rejects.
 */
while (true) {
  try {
    await billing.start()
    break
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    process.stderr.write(`${error.message}\n`)
    await sleep(500)
  }
}
