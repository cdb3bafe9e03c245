/** The number of chunks in a stream. A metered stream charges one unit for each chunk. */
export const chunks = 10

/** Creates the work of the benchmarked procedures. The work only counts its runs. */
export function createWork() {
  let runs = 0
  return {
    runs: () => runs,
    run() {
      runs += 1
      return 'done'
    },
    async *stream(count: (units: number) => void = () => {}) {
      runs += 1
      for (let n = 0; n < chunks; n += 1) {
        count(1)
        yield 'chunk'
      }
    },
  }
}
export type Work = ReturnType<typeof createWork>
