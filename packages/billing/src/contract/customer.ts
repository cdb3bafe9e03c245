/** Who pays: your own user or organisation. `id` becomes Flowglad's `externalId`. */
export interface Customer {
  id: string
  name: string
  email: string
}

/** Enough to look the customer up; name and email are needed only to create one at Flowglad. */
export type KnownCustomer = Pick<Customer, 'id'> & Partial<Customer>
