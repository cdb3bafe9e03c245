/** `pnpm bench:core` measures the cost of the ledger's pure core, without a database. */
import { Bench } from 'tinybench'
import { attemptId } from '../src/metering/attemptId.ts'
import { aLeg, anInstall, aReserve, aTakeLease, units } from '../test/ledger/builders.ts'
import { memoryStore } from '../test/ledger/histories/memoryStore.ts'

const batch = 64
const bench = new Bench({ name: `the core, ${batch} calls per batch`, time: 1000 })

const store = memoryStore(() => Date.now())
store.run([aTakeLease({ token: 'lease' }), anInstall({ token: 'lease', snapshot: units(1_000_000_000) })])

bench.add('reserve and release', () => {
  const reserves = Array.from({ length: batch }, () => aReserve({ attempt: attemptId(Date.now()) }))
  store.run(reserves)
  store.run(reserves.map(({ customer, attempt }) => ({ type: 'release', customer, attempt })))
})
bench.add('deny', () => {
  store.run(Array.from({ length: batch }, () => aReserve({ legs: [aLeg({ meter: 'tokens' })] })))
})

await bench.run()
console.table(bench.table())
