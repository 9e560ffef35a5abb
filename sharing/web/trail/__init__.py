"""The audit trail as people read it: whose rows they see, what each thing is called, and what changed, in words."""
