import { Skeleton, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { trpc } from '../api/trpc.ts'
import { FailedSection } from '../denials/FailedSection.tsx'
import { useLastError } from '../denials/useLastError.ts'
import { Screen } from '../parts/Screen.tsx'
import section from '../parts/Section.module.css'
import { SubmitButton } from '../parts/SubmitButton.tsx'
import { DownloadActs } from './DownloadActs.tsx'
import classes from './Operator.module.css'
import { Row, Section } from './Section.tsx'
import { refreshMs } from './useCustomer.ts'
import { unitsText } from './words.ts'

/** Finds a customer, lists the rejected events from all customers, and downloads the record of all changes. */
export function FindCustomer() {
  const [text, setText] = useState('')
  const search = trpc.operator.find.useMutation()
  const error = useLastError(search)

  function submit(event: FormEvent) {
    event.preventDefault()
    if (text.trim() !== '' && !search.isPending) search.mutate({ text: text.trim() })
  }

  return (
    <Screen
      title="Operator"
      lead="Find a customer to see and correct balances, holds and charges. Every change is recorded with your email address and your reason."
    >
      <form className={classes.search} aria-label="Find a customer" onSubmit={submit}>
        <TextInput
          label="Customer"
          description="The start of an email address or customer ID"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          maxLength={256}
          size="md"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
        />
        <SubmitButton busy={search.isPending}>{search.isPending ? 'Searching…' : 'Find'}</SubmitButton>
      </form>
      <div aria-live="polite">
        {error ? (
          <FailedSection
            what="The customers"
            error={error}
            onRetry={() => {
              if (search.variables && !search.isPending) search.mutate(search.variables)
            }}
          />
        ) : search.isPending ? (
          <Skeleton height={120} radius="lg" mt="xl" />
        ) : (
          search.data && (
            <Section
              title="Customers found"
              empty={`No customer's email address or ID starts with “${search.variables.text}”.`}
            >
              {search.data.map(({ id, user }) => (
                <Row
                  key={id}
                  title={<CustomerLink id={id}>{user?.email ?? id}</CustomerLink>}
                  facts={[
                    ...(user ? [user.name] : []),
                    <span key="id" className={classes.code}>
                      {id}
                    </span>,
                  ]}
                />
              ))}
            </Section>
          )
        )}
      </div>
      <Parked />
      <section className={section.section} aria-labelledby="record">
        <div className={section.head}>
          <h2 id="record">Record of changes</h2>
          <DownloadActs customer={null} />
        </div>
        <p className={classes.note}>
          This record of all changes by operators can't be edited. Download it regularly.
        </p>
      </section>
    </Screen>
  )
}

function CustomerLink({ id, children }: { id: string; children: string }) {
  return (
    <Link to="/operator" search={{ customer: id }} preload={false} className={classes.link}>
      {children}
    </Link>
  )
}

/** Lists the usage events that Flowglad has rejected repeatedly. */
function Parked() {
  const parked = trpc.operator.parked.useQuery(undefined, { refetchInterval: refreshMs })
  const { data, refetch } = parked
  const error = useLastError(parked)
  if (error) return <FailedSection what="The rejected events" error={error} onRetry={() => void refetch()} />
  if (!data) return <Skeleton height={120} radius="lg" mt="xl" />
  return (
    <Section title="Rejected events from all customers" empty="No rejected events.">
      {data.map(({ customer, user, attempt, meter, amount, reason }) => (
        <Row
          key={`${attempt} ${meter}`}
          title={<CustomerLink id={customer}>{user?.email ?? customer}</CustomerLink>}
          facts={[unitsText(meter, amount), reason]}
        />
      ))}
    </Section>
  )
}
