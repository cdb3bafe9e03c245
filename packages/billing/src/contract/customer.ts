/**
 * The user or organization that pays. `id` is your own ID; it becomes Flowglad's `externalId`. If the name or
 * email changes, the next fetch updates the customer at Flowglad. Return the same values for all users of an
 * organization.
 */
export interface Customer {
  id: string
  name: string
  email: string
}

/** A customer to look up. Name and email are needed only to create the customer at Flowglad. */
export type KnownCustomer = Pick<Customer, 'id'> & Partial<Customer>
