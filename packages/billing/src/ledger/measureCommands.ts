import { count, record } from '../config/metrics.ts'
import type { Answer, AnswerOf } from './answers.ts'
import type { Command, Settle } from './commands.ts'
import type { Ledger } from './ledger.ts'

/** Wraps the ledger to record OpenTelemetry metrics about its commands. */
export function measureCommands(ledger: Ledger): Ledger {
  return {
    ...ledger,
    async execute<C extends Command>(command: C): Promise<AnswerOf[C['type']]> {
      const answer = await ledger.execute(command)
      measure(command, answer)
      return answer
    },
  }
}

function measure(command: Command, answer: Answer): void {
  switch (command.type) {
    case 'reserve':
      if (!('snapshotAgeMs' in answer)) return
      count('holds', 1, () => ({ procedure: command.procedure }))
      record('snapshotAge', answer.snapshotAgeMs / 1000)
      return
    case 'settle':
      if (answer.state === 'settled') measureSettle(command)
      return
    case 'release':
      count('releases')
      return
    case 'expire':
      if ('ended' in answer && answer.ended > 0) count('expirations', answer.ended)
      return
    case 'acknowledge':
      if (command.events.length > 0) count('deliveries', command.events.length)
      return
    case 'park':
      count('parkings', command.events.length)
      return
    case 'takeLease':
      if (answer.state === 'busy') count('leaseWaits', 1, () => ({ purpose: command.purpose }))
      return
    default:
  }
}

function measureSettle({ procedure, legs }: Settle): void {
  count('settles', 1, () => ({ procedure }))
  for (const { meter, amount } of legs) if (amount > 0) count('units', amount, () => ({ meter }))
}
