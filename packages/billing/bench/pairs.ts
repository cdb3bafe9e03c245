import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Ledger } from '../src/ledger/ledger.ts'
import { attemptId } from '../src/metering/attemptId.ts'
import { anInstall, aReserve, aTakeLease, settleOf, units } from '../test/ledger/builders.ts'

/** Reserves and settles one unit, like a call to a metered procedure. */
export async function pair(ledger: Ledger, customer: string): Promise<void> {
  const reserve = aReserve({ customer, attempt: attemptId(Date.now()) })
  const held = await ledger.execute(reserve)
  if (held.state !== 'held') throw new Error(`Expected a hold, got ${held.state}`)
  await ledger.execute(settleOf(reserve))
}

/** Gives each customer a snapshot with more units than a benchmark uses. */
export async function fill(ledger: Ledger, customers: string[]): Promise<void> {
  for (let from = 0; from < customers.length; from += 256) {
    await Promise.all(
      customers.slice(from, from + 256).map(async (customer) => {
        const lease = aTakeLease({ customer })
        await ledger.execute(lease)
        await ledger.execute(anInstall({ customer, token: lease.token, snapshot: units(1_000_000_000) }))
      }),
    )
  }
}

/** Runs reserve-and-settle pairs, and returns the rate, the CPU time per pair and the median latency. */
export async function measure({
  ledger,
  callers,
  durationMs,
  customer,
}: {
  ledger: Ledger
  callers: number
  durationMs: number
  customer: () => string
}) {
  const end = performance.now() + durationMs
  const start = performance.now()
  const cpu = process.cpuUsage()
  const latencies: number[] = []
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < end) {
        const began = performance.now()
        await pair(ledger, customer())
        latencies.push(performance.now() - began)
      }
    }),
  )
  const elapsed = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  latencies.sort((a, b) => a - b)
  return {
    perSecond: Math.round((latencies.length / elapsed) * 1000),
    cpuMicros: Math.round((user + system) / latencies.length),
    medianMs: latencies[Math.floor(latencies.length / 2)]?.toFixed(1),
  }
}

/** Creates a temporary folder in `node_modules`, because `/tmp` can be in memory. */
export async function temporaryFolder() {
  const path = await mkdtemp(fileURLToPath(new URL('../node_modules/.bench-', import.meta.url)))
  const remove = () => rmSync(path, { recursive: true, force: true })
  // Remove the folder even if the benchmark fails.
  process.once('exit', remove)
  return { path, [Symbol.asyncDispose]: async () => remove() }
}
