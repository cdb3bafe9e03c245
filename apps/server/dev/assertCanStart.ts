import { existsSync, readFileSync } from 'node:fs'
import { isOpen } from './localDatabase.ts'
import type { DevOptions } from './options.ts'
import { nextFreePort, problemOfPort } from './ports.ts'
import type { DevProcess } from './processes.ts'
import { nameOf, type PortVariable, type Settings, StartError, shown } from './readSettings.ts'

/**
 * Checks the databases, the pricing file and the ports before `dev` starts. `--reset` deletes data only after
 * these checks, so it deletes nothing if a check fails.
 * @throws StartError
 */
export async function assertCanStart(settings: Settings, processes: DevProcess[], { reset }: DevOptions) {
  if (reset) assertDatabasesAreLocal(settings)
  if (settings.withFlowgladLocal) await assertPricingIsValid(settings, { reset })
  const { localDatabases, databases, withFlowgladLocal } = settings
  const needed = reset ? Object.values(localDatabases) : withFlowgladLocal ? [databases.flowglad] : []
  const open = needed.filter(isOpen)
  const taken = await takenPorts(settings, processes)
  if (open.length === 0 && taken.length === 0) return
  const ports = await otherPorts(settings, taken)
  if (open.length > 0)
    throw new StartError(
      `Another process has ${open.map(shown).join(' and ')} open, probably another instance of dev. Press Ctrl-C in its terminal to stop it, ` +
        `or start a second instance with its own databases:\n\n  ${settings.commandWith({ ports, args: ['--data', '.data/second'] })}`,
    )
  const list = taken.map(
    ({ name, portVariable, problem }) =>
      `  ${String(settings.ports[portVariable]).padEnd(6)} ${name.padEnd(15)} ${problem}`,
  )
  throw new StartError(
    `These ports are not free:\n\n${list.join('\n')}\n\nStop the processes that use them, or choose other ports:\n\n` +
      `  ${settings.commandWith({ ports, args: reset ? ['--reset'] : [] })}`,
  )
}

function assertDatabasesAreLocal({ databases, localDatabases, dataFolder, withFlowgladLocal }: Settings) {
  const { metered, flowglad } = databases
  const assertLocal = (variable: string, name: string, local: boolean) => {
    if (!local)
      throw new StartError(
        `--reset deletes only the databases in ${shown(dataFolder)}, but ${variable} selects another database: ${name}. ` +
          `Unset ${variable}, or empty that database yourself and start without --reset.`,
      )
  }
  const isLocal = metered.type === 'sqlite' && metered.file === localDatabases.metered
  assertLocal('DATABASE_URL', nameOf(metered), isLocal)
  if (withFlowgladLocal)
    assertLocal('FLOWGLAD_LOCAL_DB', shown(flowglad), flowglad === localDatabases.flowglad)
}

/**
 * Throws if the pricing file is missing. Throws if the pricing file is invalid, unless flowglad-local can start
 * with the version stored in its database.
 */
async function assertPricingIsValid({ pricingFile, databases }: Settings, { reset }: { reset: boolean }) {
  if (!existsSync(pricingFile))
    throw new StartError(
      `The pricing file ${shown(pricingFile)} does not exist. Create it, or set FLOWGLAD_LOCAL_PRICING to another file.`,
    )
  if (existsSync(databases.flowglad) && !reset) return
  const { parsePricing, PricingError } = await import('flowglad-local')
  try {
    parsePricing(readFileSync(pricingFile, 'utf8'), shown(pricingFile))
  } catch (error) {
    if (!(error instanceof PricingError)) throw error
    throw new StartError(`${error.message}\nFix the pricing file and start again.`)
  }
}

async function takenPorts({ ports }: Settings, processes: DevProcess[]) {
  const taken = []
  for (const { name, portVariable } of processes) {
    const problem = await problemOfPort(ports[portVariable])
    if (problem) taken.push({ name, portVariable, problem })
  }
  return taken
}

async function otherPorts({ ports }: Settings, taken: { portVariable: PortVariable }[]) {
  const other: Partial<Record<PortVariable, number>> = {}
  for (const { portVariable } of taken)
    other[portVariable] = await nextFreePort(ports[portVariable], [
      ...Object.values(ports),
      ...Object.values(other),
    ])
  return other
}
