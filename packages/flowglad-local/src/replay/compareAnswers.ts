/** A client-visible difference between two responses. */
export interface Difference {
  /** The path in the response's body, or `status`, `content type` or, if there was no response, `answer`. */
  at: string
  /** Absent if the recorded response has no value at this path. */
  expected?: unknown
  /** Absent if the server's response has no value at this path. */
  got?: unknown
}

export interface Answer {
  status: number
  contentType: string | null
  body: unknown
}

const id =
  /^(cust|sub|si|price|prod|feature|usage_meter|usage_event|pricing_model|chckt_session|billing_period|billing_run|inv|inv_li|pym|pm|prch|sub_feature|product_feature|org|usage_credit|resource|res_claim|discount|discount_redemption|webhook|ledger_entry)_[A-Za-z0-9_-]{15,}$/

/**
 * Fields whose values depend on the time or the server, and error texts. The comparison only checks whether
 * these fields have a value.
 */
const changingFields = new Set([
  'addedDate',
  'billingCycleAnchorDate',
  'billingPeriodEnd',
  'billingPeriodEndDate',
  'billingPeriodStart',
  'billingPeriodStartDate',
  'billingPortalUrl',
  'cancelScheduledAt',
  'canceledAt',
  'chargeDate',
  'claimedAt',
  'createdAt',
  'currentBillingPeriodEnd',
  'currentBillingPeriodStart',
  'currentCursor',
  'customerEmail',
  'customerName',
  'detachedAt',
  'dueDate',
  'effectiveDate',
  'endDate',
  'error',
  'expiredAt',
  'expires',
  'invoiceDate',
  'invoiceNumber',
  'invoiceNumberBase',
  'ledgerAccountId',
  'message',
  'nextCursor',
  'organizationId',
  'paymentMethodData',
  'pdfURL',
  'percentThroughBillingPeriod',
  'position',
  'previewGeneratedAt',
  'purchaseDate',
  'receiptPdfURL',
  'receiptURL',
  'refundedAt',
  'releasedAt',
  'request_id',
  'scheduledAdjustmentAt',
  'secret',
  'sentry_event_id',
  'settlementDate',
  'startDate',
  'stripePaymentIntentId',
  'total',
  'trace_id',
  'trialEnd',
  'updatedAt',
  'url',
  'usageDate',
])

/** The payer enters these values in the checkout, so the recorded requests don't contain them. */
const typedInCheckout = /\.billing(Details|Address)\./

const bySlug = (record: Fields) => String(record.slug)

/**
 * The lists without a defined order on the platform. Each function returns an element's sort key.
 */
const unorderedFields: Readonly<Record<string, (record: Fields) => string>> = {
  // Catalog records with the same creation time have no defined order. Records without a slug keep the list's order.
  data: bySlug,
  usageMeterBalances: bySlug,
  products: bySlug,
  usageMeters: bySlug,
  prices: bySlug,
  features: bySlug,
  featureItems: bySlug,
  subscriptions: ({ status, name }) => `${status} ${name}`,
  subscriptionItems: ({ name }) => String(name),
  invoices: ({ invoiceLineItems }) =>
    JSON.stringify(
      Array.isArray(invoiceLineItems) && invoiceLineItems.map(({ price, quantity }) => [price, quantity]),
    ),
}

/**
 * Returns the differences that a client can see. Compares the status, the content type, the fields and their
 * types, and the values of all fields except `changingFields`.
 * @param ids maps recorded IDs and cursors to the server's; the function adds new entries
 */
export function compareAnswers(expected: Answer, got: Answer, ids: Map<string, string>): Difference[] {
  if (expected.status !== got.status)
    return [{ at: 'status', expected: expected.status, got: `${got.status} ${excerpt(got.body)}` }]
  const type = mediaType(expected.contentType)
  const differences =
    type === null || type === mediaType(got.contentType)
      ? []
      : [{ at: 'content type', expected: type, got: mediaType(got.contentType) }]
  // A text response is an error text. Error texts aren't compared.
  if (typeof expected.body === 'string' && typeof got.body === 'string') return differences
  return [
    ...differences,
    ...compareValues({ expected: expected.body, got: got.body, at: '', field: '' }, ids),
  ]
}

const mediaType = (contentType: string | null) => contentType?.split(';')[0] ?? null

const excerpt = (body: unknown) => (JSON.stringify(body) ?? '').slice(0, 200)

type Fields = Record<string, unknown>

interface Pair {
  expected: unknown
  got: unknown
  at: string
  /** The name of the field that contains the values. */
  field: string
}

function compareValues({ expected, got, at, field }: Pair, ids: Map<string, string>): Difference[] {
  const different = [{ at, expected, got }]
  if (Array.isArray(expected))
    return Array.isArray(got) ? compareLists({ expected, got, at, field }, ids) : different
  if (isFields(expected)) return isFields(got) ? compareFields({ expected, got, at }, ids) : different
  const prefix = typeof expected === 'string' && id.exec(expected)?.[1]
  if (prefix && typeof got === 'string') {
    // In a list without a defined order, an ID can be compared with a different record's ID. Keep the first pair,
    // because it comes from the pricing model or from the response that created the record.
    if (!ids.has(expected)) ids.set(expected, got)
    return got.startsWith(`${prefix}_`) ? [] : different
  }
  if (field === 'nextCursor' && typeof expected === 'string' && typeof got === 'string') {
    ids.set(expected, got)
    // A path contains the cursor in URL-encoded form.
    ids.set(encodeURIComponent(expected), encodeURIComponent(got))
  }
  if ((changingFields.has(field) || typedInCheckout.test(at)) && isValue(expected) === isValue(got)) return []
  return expected === got ? [] : different
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isValue = (value: unknown) => value !== null && typeof value !== 'object'

function compareLists(
  { expected, got, at, field }: { expected: unknown[]; got: unknown[]; at: string; field: string },
  ids: Map<string, string>,
): Difference[] {
  const key = unorderedFields[field]
  const inOrder = (list: unknown[]) => (key && list.every(isFields) ? sortBy(list, key) : list)
  const [left, right] = [inOrder(expected), inOrder(got)]
  const elements = left
    .slice(0, right.length)
    .flatMap((element, index) =>
      compareValues({ expected: element, got: right[index], at: `${at}[${index}]`, field: '' }, ids),
    )
  return left.length === right.length
    ? elements
    : [{ at: `${at}.length`, expected: left.length, got: right.length }, ...elements]
}

const sortBy = (list: Fields[], key: (record: Fields) => string) =>
  list.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))

function compareFields(
  { expected, got, at }: { expected: Fields; got: Fields; at: string },
  ids: Map<string, string>,
): Difference[] {
  const shared = Object.keys(expected).flatMap((field): Difference[] => {
    const here = `${at}.${field}`
    if (field in got)
      return compareValues({ expected: expected[field], got: got[field], at: here, field }, ids)
    return changingFields.has(field) && expected[field] === null
      ? []
      : [{ at: here, expected: expected[field] }]
  })
  const added = Object.keys(got).filter((field) => !(field in expected))
  return [...shared, ...added.map((field) => ({ at: `${at}.${field}`, got: got[field] }))]
}
