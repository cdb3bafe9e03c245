import { Skeleton, Table } from '@mantine/core'
import type { ChargeRow } from '@metered/billing/client'
import { useCharges } from '../api/billing.ts'
import { FailedSection } from '../denials/FailedSection.tsx'
import { formatNumber, formatTime } from '../format/format.ts'
import { type Meter, unitOf } from '../format/meters.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import classes from './ChargesTable.module.css'
import { DownloadCharges } from './DownloadCharges.tsx'

const states: Record<ChargeRow['state'], { label: string; meaning: string }> = {
  delivered: { label: 'Delivered', meaning: 'Flowglad has booked it.' },
  waiting: { label: 'Waiting', meaning: 'On its way to Flowglad. It already counts.' },
  parked: { label: 'Parked', meaning: 'Flowglad refuses it so far; it is tried again.' },
  dropped: { label: 'Dropped', meaning: 'Given up by an operator; it is not billed.' },
}

export function ChargesTable() {
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useCharges()
  const charges = data?.pages.flatMap((page) => page.charges) ?? []
  return (
    <section className={classes.section} aria-labelledby="charges" aria-busy={isPending}>
      <div className={classes.head}>
        <h2 id="charges">Charges</h2>
        {charges.length > 0 && <DownloadCharges />}
      </div>
      {error && !data ? (
        <FailedSection what="Your charges" error={error} onRetry={() => void refetch()} />
      ) : isPending ? (
        <Skeleton height={320} radius="lg" />
      ) : charges.length === 0 ? (
        <p className={classes.empty}>No charges yet. Whatever you make appears here, line by line.</p>
      ) : (
        <div className={classes.sheet}>
          <Table verticalSpacing="sm" horizontalSpacing="md" aria-labelledby="charges">
            <Table.Thead>
              <Table.Tr>
                <Table.Th className={classes.wide}>When</Table.Th>
                <Table.Th>Procedure</Table.Th>
                <Table.Th className={classes.amount}>Amount</Table.Th>
                <Table.Th className={classes.wide}>Transaction</Table.Th>
                <Table.Th>State</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {charges.map((charge) => (
                <Charge key={`${charge.transactionId} ${charge.meter}`} charge={charge} />
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      {hasNextPage && (
        <BusyButton variant="default" mt="md" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? 'Loading…' : 'Show older charges'}
        </BusyButton>
      )}
      {charges.length > 0 && <Legend charges={charges} />}
    </section>
  )
}

/** What the states mean that occur. Below everything, where its changes move nothing. */
function Legend({ charges }: { charges: ChargeRow[] }) {
  const occurring = [...new Set(charges.map(({ state }) => state))]
  return (
    <dl className={classes.legend}>
      {occurring.map((state) => (
        <div key={state}>
          <dt className={classes.state} data-state={state}>
            {states[state].label}
          </dt>
          <dd>{states[state].meaning}</dd>
        </div>
      ))}
    </dl>
  )
}

function Charge({ charge }: { charge: ChargeRow<Meter> }) {
  const when = <time dateTime={new Date(charge.at).toISOString()}>{formatTime(charge.at)}</time>
  return (
    <Table.Tr>
      <Table.Td className={classes.wide}>{when}</Table.Td>
      <Table.Td>
        {charge.procedure}
        <span className={classes.narrow}>{when}</span>
        <code className={classes.narrow}>{charge.transactionId}</code>
      </Table.Td>
      <Table.Td className={classes.amount}>
        <span className={classes.figure}>{formatNumber(charge.amount)}</span>{' '}
        <span className={classes.unit}>{unitOf(charge.meter, charge.amount)}</span>
      </Table.Td>
      <Table.Td className={classes.wide}>
        <code className={classes.id}>{charge.transactionId}</code>
        {charge.priceId && <code className={classes.price}>{charge.priceId}</code>}
      </Table.Td>
      <Table.Td>
        <span className={classes.state} data-state={charge.state}>
          {states[charge.state].label}
        </span>
      </Table.Td>
    </Table.Tr>
  )
}
