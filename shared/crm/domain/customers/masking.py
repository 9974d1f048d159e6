"""Mask the contacts of a customer for callers who may not manage customers."""

from dataclasses import replace

from crm.domain.customers.customer import Address, Customer, InvoiceProfile
from crm.domain.kernel.texts import masked_text
from crm.domain.values.birthdays import masked_birthday
from crm.domain.values.emails import masked_email
from crm.domain.values.phones import masked_phone
from crm.domain.values.tax_codes import masked_tax_code


def masked_customer(customer: Customer) -> Customer:
    """Return the customer with phone, e-mail, birthday, addresses and invoice ids masked."""
    return replace(
        customer,
        phone=customer.phone and masked_phone(customer.phone),
        email=customer.email and masked_email(customer.email),
        birthday=customer.birthday and masked_birthday(customer.birthday),
        addresses=tuple(map(_masked_address, customer.addresses)),
        invoice_profile=customer.invoice_profile and _masked_profile(customer.invoice_profile),
    )


def _masked_address(address: Address) -> Address:
    return replace(
        address,
        recipient=address.recipient and masked_text(address.recipient),
        phone=address.phone and masked_phone(address.phone),
        line=address.line and masked_text(address.line),
        raw=address.raw and masked_text(address.raw),
    )


def _masked_profile(profile: InvoiceProfile) -> InvoiceProfile:
    return replace(
        profile,
        code=profile.code and masked_tax_code(profile.code),
        address=profile.address and masked_text(profile.address),
        email=profile.email and masked_email(profile.email),
        phone=profile.phone and masked_phone(profile.phone),
    )
