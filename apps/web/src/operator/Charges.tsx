import { Skeleton } from '@mantine/core'
import { type RouterOutput, trpc } from '../api/trpc.ts'
import { FailedSection } from '../denials/FailedSection.tsx'
import { formatTime } from '../format/format.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { ActButton } from './ActButton.tsx'
import classes from './Operator.module.css'
import { Row, Section, Time } from './Section.tsx'
import { refreshMs } from './useCustomer.ts'
import { type Report, unitsText } from './words.ts'

type Charge = RouterOutput['operator']['charges']['charges'][number]

const states: Record<Charge['state'], string> = {
  waiting: 'not delivered yet',
  delivered: 'delivered to Flowglad',
  parked: 'rejected by Flowglad',
  dropped: 'dropped, never billed',
}

/** Explains the known flags. Any other flag is an error message. The screen shows it unchanged. */
const flags: Record<string, string> = {
  late: 'Charged after the hold had ended',
  expired: 'Charged when the hold expired',
}

/** Lists the customer's charges, newest first. */
export function Charges({ report }: { report: Report }) {
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    trpc.operator.charges.useInfiniteQuery(
      { customer: report.customer },
      { getNextPageParam: (page) => page.nextCursor, refetchInterval: refreshMs },
    )
  if (error && !data) return <FailedSection what="The charges" error={error} onRetry={() => void refetch()} />
  if (isPending) return <Skeleton height={200} radius="lg" mt="xl" />
  return (
    <>
      <Section title="Charges" empty="No charges yet.">
        {data.pages
          .flatMap(({ charges }) => charges)
          .map((charge) => (
            <ChargeRow key={`${charge.transactionId} ${charge.meter}`} charge={charge} />
          ))}
      </Section>
      {hasNextPage && (
        <BusyButton
          variant="default"
          size="xs"
          mt="sm"
          busy={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          {isFetchingNextPage ? 'Loading…' : 'Show older charges'}
        </BusyButton>
      )}
    </>
  )
}

function ChargeRow({ charge }: { charge: Charge }) {
  const { transactionId: attempt, meter, amount, procedure, at, state, flagged, refundedAt } = charge
  const units = unitsText(meter, amount)
  return (
    <Row
      title={
        <>
          {units}{' '}
          {refundedAt !== null && (
            <span className={classes.state}>
              <Time at={refundedAt}>{`refunded ${formatTime(refundedAt)}`}</Time>
            </span>
          )}
        </>
      }
      facts={[
        procedure,
        <Time key="at" at={at}>
          {formatTime(at)}
        </Time>,
        states[state],
        <span key="attempt" className={classes.code}>
          {attempt}
        </span>,
      ]}
      actions={
        state !== 'dropped' &&
        refundedAt === null && (
          <ActButton
            act={{ type: 'refund', attempt, meter }}
            label="Refund"
            of={`the charge of ${units}`}
            title="Refund this charge?"
            verb={`Refund ${units}`}
          >
            <p>
              The customer gets {units} back for the rest of this period. The charge stays in Flowglad's
              records. To return money, refund the payment at Flowglad.
            </p>
          </ActButton>
        )
      }
    >
      {flagged !== null && <p className={classes.reason}>{flags[flagged] ?? flagged}</p>}
    </Row>
  )
}
