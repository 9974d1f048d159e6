"""Lists of customers: filters, sorting, pages, saved views, search and facet counts."""
