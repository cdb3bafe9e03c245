export interface TurnSettings {
  /** The maximum number of jobs that run at the same time. */
  running: number
  /**
   * The maximum number of jobs that run for one customer. Must be lower than `running`, so that one customer
   * can't occupy every place.
   */
  runningPerCustomer: number
  /** The maximum number of waiting jobs. */
  waiting: number
  waitingPerCustomer: number
}

/**
 * Decides which job runs next. Customers take turns: between two jobs of one customer, every other waiting
 * customer gets a turn, unless that customer already runs the maximum number of jobs. One customer's jobs run
 * in the order of arrival. fairQueue.ts starts the jobs.
 */
export class Turns<Job> {
  readonly #settings: TurnSettings
  /** The waiting jobs of each customer. The first customer has waited longest for a turn. */
  readonly #lines = new Map<string, Job[]>()
  readonly #running = new Map<string, number>()
  #waitingCount = 0
  #runningCount = 0

  constructor(settings: TurnSettings) {
    this.#settings = settings
  }

  /**
   * Adds a job. Returns the job that doesn't fit, or null. If the queue is full, the new job replaces the newest
   * job of the customer with the most waiting jobs. If that customer would then have fewer waiting jobs than
   * `customer`, the new job doesn't fit.
   */
  add(customer: string, job: Job): Job | null {
    const line = this.#lines.get(customer) ?? []
    if (line.length >= this.#settings.waitingPerCustomer) return job
    const evicted = this.#waitingCount < this.#settings.waiting ? null : this.#makeRoom(line.length + 1)
    if (evicted === undefined) return job
    line.push(job)
    this.#lines.set(customer, line)
    this.#waitingCount++
    return evicted
  }

  /** Removes a waiting job. Does nothing if the job isn't waiting. */
  remove(customer: string, job: Job) {
    const line = this.#lines.get(customer) ?? []
    const position = line.indexOf(job)
    if (position < 0) return
    line.splice(position, 1)
    this.#waitingCount--
    if (line.length === 0) this.#lines.delete(customer)
  }

  /** Returns the next job to run, or null if no job may run now. The job runs until `end` is called. */
  next(): { customer: string; job: Job } | null {
    if (this.#runningCount >= this.#settings.running) return null
    for (const [customer, line] of this.#lines) {
      const running = this.#running.get(customer) ?? 0
      const [job] = line
      if (job === undefined || running >= this.#settings.runningPerCustomer) continue
      this.remove(customer, job)
      // Move the customer's remaining jobs behind those of all other customers.
      if (this.#lines.delete(customer)) this.#lines.set(customer, line)
      this.#running.set(customer, running + 1)
      this.#runningCount++
      return { customer, job }
    }
    return null
  }

  /** Ends one of the customer's running jobs. */
  end(customer: string) {
    const left = (this.#running.get(customer) ?? 0) - 1
    if (left > 0) this.#running.set(customer, left)
    else this.#running.delete(customer)
    this.#runningCount--
  }

  get waiting() {
    return this.#waitingCount
  }

  get running() {
    return this.#runningCount
  }

  /**
   * Finds the customer with the most waiting jobs. If that customer has more than `length` waiting jobs, removes
   * and returns the newest of these jobs.
   */
  #makeRoom(length: number): Job | undefined {
    let longest: [string, Job[]] | undefined
    for (const line of this.#lines) if (line[1].length > (longest?.[1].length ?? length)) longest = line
    const job = longest?.[1].at(-1)
    if (longest && job !== undefined) this.remove(longest[0], job)
    return job
  }
}
