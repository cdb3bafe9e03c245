import { readdir, readFile } from 'node:fs/promises'
import { Client } from 'pg'

/** The unit in which Linux counts CPU time: hundredths of a second. */
const microsPerTick = 10_000

/**
 * Returns a function that returns the total CPU time of the database's processes in microseconds, or null on
 * systems without `/proc`.
 */
export async function postgresCpu(connectionString: string): Promise<() => Promise<number | null>> {
  const client = new Client({ connectionString })
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const backend = await readStat(String(rows[0]?.pid))
  await client.end()
  if (!backend) return async () => null
  const postmaster = backend.parent
  return async () => {
    const processes = await Promise.all((await readdir('/proc')).filter(isNumber).map(readStat))
    const ticks = processes.map((it) => {
      if (it?.pid === postmaster) return it.ticks + it.ticksOfEndedChildren
      return it?.parent === postmaster ? it.ticks : 0
    })
    return ticks.reduce((total, it) => total + it, 0) * microsPerTick
  }
}

const isNumber = (name: string) => /^\d+$/.test(name)

/** Reads `/proc/PID/stat`. Returns null if the process has ended or the system has no such file. */
async function readStat(pid: string) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  // Skip the process's name, which is in parentheses and can contain spaces.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [, parent = 0] = fields
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11)
  return {
    pid: Number(pid),
    parent,
    ticks: user + system,
    ticksOfEndedChildren: childrenUser + childrenSystem,
  }
}
