import { Skeleton, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { trpc } from '../api/trpc.ts'
import { FailedSection } from '../denials/FailedSection.tsx'
import { Screen } from '../parts/Screen.tsx'
import section from '../parts/Section.module.css'
import { SubmitButton } from '../parts/SubmitButton.tsx'
import { DownloadActs } from './DownloadActs.tsx'
import classes from './Operator.module.css'
import { Row, Section } from './Section.tsx'
import { refreshMs } from './useCustomer.ts'
import { unitsText } from './words.ts'

/** Finds a customer, and lists the parked events of all customers. */
export function FindCustomer() {
  const [text, setText] = useState('')
  const search = trpc.operator.find.useMutation()

  function submit(event: FormEvent) {
    event.preventDefault()
    if (text.trim() !== '' && !search.isPending) search.mutate({ text: text.trim() })
  }

  return (
    <Screen
      title="Operator"
      lead="Find a customer to see balances, holds and charges, and to correct them. Each act is recorded with your email address and your reason."
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
        {search.isPending ? (
          <Skeleton height={120} radius="lg" mt="xl" />
        ) : search.isError ? (
          <FailedSection
            what="The customers"
            error={search.error}
            onRetry={() => search.mutate(search.variables)}
          />
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
          <h2 id="record">Record</h2>
          <DownloadActs customer={null} />
        </div>
        <p className={classes.note}>The record of all acts can't be changed. Export it regularly.</p>
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

/** Lists the usage events that Flowglad keeps rejecting. */
function Parked() {
  const { data, error, refetch } = trpc.operator.parked.useQuery(undefined, { refetchInterval: refreshMs })
  if (error && !data)
    return <FailedSection what="The parked events" error={error} onRetry={() => void refetch()} />
  if (!data) return <Skeleton height={120} radius="lg" mt="xl" />
  return (
    <Section title="Parked events of all customers" empty="No parked events.">
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
