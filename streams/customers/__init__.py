"""Customers over several calls: contacts, bad experiences, churn and reputation. Pure."""
