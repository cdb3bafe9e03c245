import { Skeleton, Table } from '@mantine/core'
import type { ChargeRow } from '@metered/billing/client'
import { useState } from 'react'
import { useCharges } from '../api/billing.ts'
import { FailedSection } from '../denials/FailedSection.tsx'
import { useLastError } from '../denials/useLastError.ts'
import { formatNumber, formatUtcTime } from '../format/format.ts'
import { activityOf, type Meter, unitOf } from '../format/meters.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { CopyButton } from '../parts/CopyButton.tsx'
import section from '../parts/Section.module.css'
import classes from './ChargesTable.module.css'
import { DownloadCharges } from './DownloadCharges.tsx'

export function ChargesTable() {
  const query = useCharges()
  const { data, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = query
  const error = useLastError(query)
  const charges = data?.pages.flatMap((page) => page.charges) ?? []
  return (
    <section className={section.section} aria-labelledby="charges" aria-busy={isPending}>
      <div className={section.head}>
        <h2 id="charges">Charges</h2>
        {charges.length > 0 && <DownloadCharges />}
      </div>
      {error ? (
        <FailedSection what="Your charges" error={error} onRetry={() => void refetch()} />
      ) : isPending ? (
        <Skeleton height={320} radius="lg" />
      ) : charges.length === 0 ? (
        <p className={classes.empty}>No charges yet. Your usage will appear here.</p>
      ) : (
        <Charges charges={charges} />
      )}
      {hasNextPage && (
        <BusyButton variant="default" mt="md" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? 'Loading…' : 'Show older charges'}
        </BusyButton>
      )}
    </section>
  )
}

function Charges({ charges }: { charges: ChargeRow<Meter>[] }) {
  return (
    <div className={classes.sheet}>
      <Table verticalSpacing="sm" horizontalSpacing="md" aria-labelledby="charges">
        <Table.Thead>
          <Table.Tr>
            <Table.Th className={classes.when}>When</Table.Th>
            <Table.Th>For</Table.Th>
            <Table.Th className={classes.amount}>Amount</Table.Th>
            <Table.Th>Details</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {charges.map((charge) => (
            <Charge key={`${charge.transactionId} ${charge.meter}`} charge={charge} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}

/** Messages for the states that concern customers. A charge in another state shows no message. */
const problems: Partial<Record<ChargeRow['state'], string>> = {
  parked: "Not yet billed. We'll keep trying.",
  dropped: "You won't be billed for this charge.",
}

const late = 'The request took unusually long, so it was charged late.'

function Charge({ charge }: { charge: ChargeRow<Meter> }) {
  const problem = problems[charge.state] ?? (charge.isLate ? late : undefined)
  const when = <time dateTime={new Date(charge.at).toISOString()}>{formatUtcTime(charge.at)}</time>
  return (
    <Table.Tr>
      <Table.Td className={classes.when}>{when}</Table.Td>
      <Table.Td>
        {activityOf(charge.meter)}
        <span className={classes.below}>{when}</span>
        {problem && <span className={classes.state}>{problem}</span>}
      </Table.Td>
      <Table.Td className={classes.amount}>
        <span className={classes.figure}>{formatNumber(charge.amount)}</span>{' '}
        <span className={classes.unit}>{unitOf(charge.meter, charge.amount)}</span>
      </Table.Td>
      <Table.Td>
        <Details charge={charge} />
      </Table.Td>
    </Table.Tr>
  )
}

function Details({ charge }: { charge: ChargeRow<Meter> }) {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <details className={classes.details} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary data-tap>{isOpen ? 'Hide' : 'Show'}</summary>
      <dl>
        <Id name="Transaction" id={charge.transactionId} />
        {charge.priceId && <Id name="Price" id={charge.priceId} />}
      </dl>
    </details>
  )
}

function Id({ name, id }: { name: string; id: string }) {
  return (
    <div>
      <dt>{name} ID</dt>
      <dd>
        {id}
        <CopyButton text={id} label="Copy" aria-label={`Copy ${name.toLowerCase()} ID`} size="compact-sm" />
      </dd>
    </div>
  )
}
