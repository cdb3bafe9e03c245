import { cpus, loadavg, release, totalmem } from 'node:os'

export interface Machine {
  processor: string
  cores: number
  memoryGiB: number
  system: string
  node: string
  /** The machine's load average before the benchmark. 0 means that the machine was idle. */
  loadBefore: number
}

/** Describes the machine, because figures from different machines can't be compared. */
export function describeMachine(): Machine {
  const [cpu] = cpus()
  return {
    processor: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    loadBefore: loadavg()[0] ?? 0,
  }
}
