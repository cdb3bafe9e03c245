import type { Fault } from './fault.ts'
import type { Outcome } from './outcome.ts'

export interface Run {
  fault: Fault
  outcome: Outcome
  seconds: number
}

/** Returns the line to print after a fault's tests have run. */
export function lineOf({ fault, outcome, seconds }: Run, place: string): string {
  const detail = { caught: '', survived: '', broken: outcome.state === 'broken' ? ` (${outcome.why})` : '' }
  return `${place} ${outcome.state.padEnd(8)} ${seconds.toFixed(0).padStart(3)} s  ${fault.name}${detail[outcome.state]}`
}

/** Returns the summary: a table with a row per folder, then the faults that weren't caught. */
export function summaryOf(runs: Run[], equivalent: Fault[]): string {
  const folders = [...new Set([...runs.map(({ fault }) => fault), ...equivalent].map(folderOf))].sort()
  const rows = folders.map((folder) => {
    const here = runs.filter(({ fault }) => folderOf(fault) === folder)
    const count = (state: Outcome['state']) => here.filter(({ outcome }) => outcome.state === state).length
    const same = equivalent.filter((fault) => folderOf(fault) === folder).length
    const seconds = here.reduce((sum, run) => sum + run.seconds, 0)
    return [folder, count('caught'), count('survived'), count('broken'), same, Math.round(seconds)]
  })
  const total = rows.reduce<number[]>(
    (sums, [, ...counts]) => sums.map((sum, index) => sum + Number(counts[index])),
    [0, 0, 0, 0, 0],
  )
  const table = [
    ['src/', 'caught', 'survived', 'broken', 'equivalent', 'seconds'],
    ['---', '--:', '--:', '--:', '--:', '--:'],
    ...rows,
    ['**all**', ...total],
  ]
  const uncaught = runs.filter(({ outcome }) => outcome.state !== 'caught')
  return [
    ...table.map((cells) => `| ${cells.join(' | ')} |`),
    ...(uncaught.length > 0
      ? ['', 'Not caught:', ...uncaught.map((run) => `* ${lineOf(run, run.fault.file)}`)]
      : []),
    ...(equivalent.length > 0 ? ['', 'Equivalent:', ...equivalent.map(describeEquivalent)] : []),
    '',
  ].join('\n')
}

const describeEquivalent = ({ name, equivalent }: Fault) => `* ${name}: ${equivalent}`

const folderOf = ({ file }: Fault) => file.slice(0, file.lastIndexOf('/'))
